"""How a notice reaches a person. A leaf: it knows nothing of pain."""
