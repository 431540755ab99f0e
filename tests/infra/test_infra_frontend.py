from typing import Any

import pytest

from infra.local.gateway.static import SECURITY_HEADERS, security_headers
from tests.infra.cloudformation import Template, page_policy

MANAGED_NAMES = {
    "658327ea-f89d-4fab-a63d-7e88639e58f6": "CachingOptimized",
    "4135ea2d-6df8-44a3-9df3-4b5a84be39ad": "CachingDisabled",
    "b689b0a8-53d0-40ab-baf2-68738e2966ac": "AllViewerExceptHostHeader",
}
"""https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html"""


@pytest.fixture
def distribution(frontend: Template) -> dict[str, Any]:
    found: dict[str, Any] = frontend.properties("Distribution")["DistributionConfig"]
    return found


def test_page_and_api_share_an_origin(distribution: dict[str, Any]) -> None:
    paths = {behavior["PathPattern"]: behavior["TargetOriginId"] for behavior in distribution["CacheBehaviors"]}
    assert paths == {"/api/session": "session", "/api/*": "api", "/events*": "api", "/download/*": "api"}
    assert list(paths).index("/api/session") < list(paths).index("/api/*"), "the first that matches"
    assert distribution["DefaultCacheBehavior"]["TargetOriginId"] == "page"


def test_the_api_gets_every_method_and_header_but_host_and_is_never_cached(
    distribution: dict[str, Any], frontend: Template
) -> None:
    for behavior in distribution["CacheBehaviors"]:
        assert len(behavior["AllowedMethods"]) == 7
        assert MANAGED_NAMES[frontend.value(behavior["CachePolicyId"])] == "CachingDisabled"
        assert MANAGED_NAMES[frontend.value(behavior["OriginRequestPolicyId"])] == "AllViewerExceptHostHeader"
        assert "ResponseHeadersPolicyId" not in behavior


def test_the_page_is_compressed_cached_and_read_only(distribution: dict[str, Any], frontend: Template) -> None:
    behavior = distribution["DefaultCacheBehavior"]
    assert behavior["Compress"] is True
    assert behavior["AllowedMethods"] == ["GET", "HEAD"]
    assert MANAGED_NAMES[frontend.value(behavior["CachePolicyId"])] == "CachingOptimized"


def test_an_error_is_never_cached_nor_replaced(distribution: dict[str, Any]) -> None:
    codes = {response["ErrorCode"]: response for response in distribution["CustomErrorResponses"]}
    assert set(codes) == {400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504}
    for response in codes.values():
        assert set(response) == {"ErrorCode", "ErrorCachingMinTTL"}
        assert response["ErrorCachingMinTTL"] == 0


def test_everything_is_https_with_http_3(distribution: dict[str, Any]) -> None:
    behaviors = [distribution["DefaultCacheBehavior"], *distribution["CacheBehaviors"]]
    assert {behavior["ViewerProtocolPolicy"] for behavior in behaviors} == {"redirect-to-https"}
    assert distribution["HttpVersion"] == "http2and3"
    apis = [origin for origin in distribution["Origins"] if origin["Id"] != "page"]
    assert {api["CustomOriginConfig"]["OriginProtocolPolicy"] for api in apis} == {"https-only"}


def test_no_log_of_cloudfront_holds_a_download_path(distribution: dict[str, Any]) -> None:
    assert "Logging" not in distribution


def test_only_this_distribution_reads_the_page_bucket(distribution: dict[str, Any], frontend: Template) -> None:
    page = next(origin for origin in distribution["Origins"] if origin["Id"] == "page")
    assert page["OriginAccessControlId"] == {"Ref": "PageAccess"}
    access = frontend.properties("PageAccess")["OriginAccessControlConfig"]
    assert (access["SigningBehavior"], access["SigningProtocol"]) == ("always", "sigv4")
    allow = [s for _, s in frontend.statements() if s["Effect"] == "Allow"]
    assert [statement["Principal"] for statement in allow] == [{"Service": "cloudfront.amazonaws.com"}]
    assert list(allow[0]["Condition"]) == ["StringEquals"]
    assert list(allow[0]["Condition"]["StringEquals"]) == ["AWS:SourceArn"]


def test_the_page_has_the_headers_it_has_on_a_laptop_and_strict_transport_security(frontend: Template) -> None:
    policy = frontend.properties("PageHeaders")["ResponseHeadersPolicyConfig"]
    security = policy["SecurityHeadersConfig"]
    headers = {item["Header"].lower(): item["Value"] for item in policy["CustomHeadersConfig"]["Items"]}
    headers |= {
        "content-security-policy": page_policy(frontend, token="", files=""),
        "x-frame-options": security["FrameOptions"]["FrameOption"],
        "referrer-policy": security["ReferrerPolicy"]["ReferrerPolicy"],
        "x-content-type-options": "nosniff",
    }
    assert headers == {**SECURITY_HEADERS, "cache-control": "no-cache"}
    assert set(security) == {
        "ContentSecurityPolicy", "ContentTypeOptions", "FrameOptions", "ReferrerPolicy", "StrictTransportSecurity",
    }  # fmt: skip
    every = [*policy["CustomHeadersConfig"]["Items"], *security.values()]
    assert all(header["Override"] for header in every)


def test_the_page_may_ask_where_one_signs_in_and_show_what_the_store_sends_itself(frontend: Template) -> None:
    at_token = page_policy(frontend, token="https://id.example", files="")
    assert at_token == dict(security_headers("https://id.example/oauth2/token"))[b"content-security-policy"].decode()
    assert "img-src 'self' data: https://files.example;" in page_policy(frontend, "", files="https://files.example")
