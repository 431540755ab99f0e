"""Signing in on AWS: with a user pool of the stack's own, with a provider of one's own, or not at all."""

from infra.local.gateway.template import read_functions
from infra.local.identity import RETURN
from tests.infra.cloudformation import COGNITO, OIDC, ROOT, Template
from tests.infra.dependencies import dependencies

PLAIN_APIS = "AWS::ApiGatewayV2::"


def authorizers(template: Template) -> dict[str, object]:
    """By the key of each route beside SAM's."""
    routes = template.of_type(f"{PLAIN_APIS}Route").values()
    return {each["Properties"]["RouteKey"]: each["Properties"].get("AuthorizerId") for each in routes}


def test_a_token_is_looked_at_before_somebody_signs_in_and_nowhere_else() -> None:
    for chosen in (COGNITO, OIDC):
        template = Template("template.yaml", **chosen)
        looked_at = {key: name for key, name in authorizers(template).items() if name}
        assert looked_at == {"POST /api/session": {"Ref": "SessionAuthorizer"}}
        assert template.properties("SignInRoute")["AuthorizationType"] == "JWT"
        assert "Auth" not in template.properties("HttpApi")
    routes = [route for function in read_functions(ROOT / "template.yaml") for route in function.routes]
    assert [route.key for route in routes if route.authorizer] == ["POST /api/session"], "on a laptop too"


def test_where_nobody_can_sign_in_there_is_nothing_of_it() -> None:
    template = Template("template.yaml")
    assert template.properties("SignInRoute")["AuthorizationType"] == "NONE"
    assert not any(authorizers(template).values())
    assert not {"Auth", "SessionAuthorizer", "SignInClient", "SignInClientId", "SignUpFunction"} & set(
        template.resources
    )


def test_the_token_is_one_of_the_issuers_for_the_page(with_cognito: Template) -> None:
    settings = with_cognito.properties("SessionAuthorizer")
    assert settings["IdentitySource"] == ["$request.header.Authorization"]
    assert settings["JwtConfiguration"] == {
        "Issuer": {"Fn::GetAtt": ["Auth", "Outputs.Issuer"]},
        "Audience": [{"Ref": "SignInClient"}],
    }
    own = Template("template.yaml", **OIDC).properties("SessionAuthorizer")
    assert own["JwtConfiguration"] == {"Issuer": {"Ref": "OidcIssuer"}, "Audience": [{"Ref": "OidcClientId"}]}


def test_no_route_stands_beside_what_sam_made_which_would_take_it_away_again(template: Template) -> None:
    """https://github.com/aws/serverless-application-model/issues/1971"""
    beside = [each for name, each in template.resources.items() if each["Type"].startswith(PLAIN_APIS)]
    assert {each["Properties"].get("ApiId", {}).get("Ref", "SessionApi") for each in beside} == {"SessionApi"}
    assert "Body" not in template.properties("SessionApi")


def test_the_sessions_api_logs_what_the_other_does(template: Template) -> None:
    assert (
        template.properties("SessionStage")["AccessLogSettings"] == template.properties("HttpApi")["AccessLogSettings"]
    )


def test_both_functions_let_the_sessions_api_ask_and_no_other_by_that(template: Template) -> None:
    permissions = [each for name, each in template.of_type("AWS::Lambda::Permission").items() if "Session" in name]
    assert {each["Properties"]["FunctionName"]["Ref"] for each in permissions} == {"TriggerFunction", "StatusFunction"}
    assert {each["Properties"]["SourceArn"]["Fn::Sub"].rpartition(":")[2] for each in permissions} == {
        "${SessionApi}/*"
    }


def test_the_client_waits_for_the_page_and_no_function_waits_for_the_client(with_cognito: Template) -> None:
    waits = dependencies(with_cognito)
    assert "Frontend" in waits["SignInClient"]
    assert waits["SignInClientId"] == {"SignInClient"}
    waiting, users = {"SignInClient"}, set[str]()
    while waiting:
        waiting = {name for name, needs in waits.items() if needs & waiting} - users
        users |= waiting
    assert users == {"SessionAuthorizer", "SessionStage", "SignInRoute", "SignInLook", "SignInClientId"}


def test_the_page_is_a_client_without_a_secret_that_gets_a_code(with_cognito: Template) -> None:
    client = with_cognito.properties("SignInClient")
    assert client["GenerateSecret"] is False
    assert (client["AllowedOAuthFlowsUserPoolClient"], client["AllowedOAuthFlows"]) == (True, ["code"])
    assert client["AllowedOAuthScopes"] == ["openid", "email"]
    assert client["CallbackURLs"] == [{"Fn::Sub": f"${{Frontend.Outputs.Url}}{RETURN}"}]
    assert (ROOT / f"frontend{RETURN}").is_file()
    assert client["PreventUserExistenceErrors"] == "ENABLED"


def test_the_user_pool_and_everybody_in_it_outlive_the_stack(auth: Template) -> None:
    pool = auth.resources["UserPool"]
    assert (pool["DeletionPolicy"], pool["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert pool["Properties"]["DeletionProtection"] == "ACTIVE"


def test_people_make_an_account_of_an_address_that_is_theirs(auth: Template) -> None:
    pool = auth.properties("UserPool")
    assert pool["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": False}
    assert pool["UsernameAttributes"] == pool["AutoVerifiedAttributes"] == ["email"]
    assert pool["UserAttributeUpdateSettings"] == {"AttributesRequireVerificationBeforeUpdate": ["email"]}


def test_the_pool_asks_sign_up_first_and_it_alone_may(auth: Template, with_cognito: Template) -> None:
    function = {"Ref": "SignUpFunctionArn"}
    assert auth.properties("UserPool")["LambdaConfig"] == {"PreSignUp": function}
    assert auth.properties("SignUpPermission") == {
        "FunctionName": function,
        "Action": "lambda:InvokeFunction",
        "Principal": "cognito-idp.amazonaws.com",
        "SourceArn": {"Fn::GetAtt": ["UserPool", "Arn"]},
        "SourceAccount": {"Ref": "AWS::AccountId"},
    }
    given = with_cognito.properties("Auth")["Parameters"]
    assert given == {"SignUpFunctionArn": {"Fn::GetAtt": ["SignUpFunction", "Arn"]}}


def test_the_pools_domain_is_nobody_elses_and_has_no_word_that_cognito_forbids(auth: Template) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-assign-domain-prefix.html"""
    written, parts = auth.properties("Domain")["Domain"]["Fn::Sub"]
    assert parts == {"Id": {"Fn::Select": [2, {"Fn::Split": ["/", {"Ref": "AWS::StackId"}]}]}}
    domain = written.replace("${Id}", "0f3c2a10-8d4e-11ee-b9d1-0242ac120002")
    assert len(domain) <= 63
    assert not [word for word in ("aws", "amazon", "cognito") if word in domain]


def test_the_page_may_ask_for_tokens_where_people_sign_in(with_cognito: Template) -> None:
    host = with_cognito.properties("Frontend")["Parameters"]["TokenOrigin"]["Fn::Sub"][1]["Host"]
    assert host == {"Fn::Select": [2, {"Fn::Split": ["/", {"Fn::GetAtt": ["Auth", "Outputs.TokenUrl"]}]}]}
    assert Template("template.yaml").properties("Frontend")["Parameters"]["TokenOrigin"] == ""
