// Starts the viewer of the API's documentation; its own files come from an installed package.
SwaggerUIBundle({ url: "/openapi.json", dom_id: "#docs", deepLinking: true, validatorUrl: "none" });
