// https://swagger.io/docs/open-source-tools/swagger-ui/usage/configuration/
window.addEventListener("DOMContentLoaded", () => {
  SwaggerUIBundle({
    dom_id: "#operations",
    url: "/docs/openapi.yaml",
    validatorUrl: null, // it would ask a third party
    deepLinking: true,
    defaultModelsExpandDepth: 0,
  });
});
