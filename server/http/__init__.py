"""What every HTTP door shares: declared routes, parsing, authentication, errors, pages of lists, OpenAPI, health."""
