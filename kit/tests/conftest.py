"""Real parts and what else the kit offers to the tests of its users; its own tests are the first of them."""

pytest_plugins = ["stackyard_kit.testing"]
