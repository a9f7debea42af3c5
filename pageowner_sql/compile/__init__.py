"""What the user asked for -> SQL text and bound parameters, and rendered templates."""
