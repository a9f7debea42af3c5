"""A result -> what people look at, attach or pipe on."""
