"""Runs a migration on the connection that the store hands over."""

from alembic import context

from nmt_guide.knowledge.migrations import DESCRIBED

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=DESCRIBED,
    render_as_batch=True,  # SQLite cannot change a table in place
)
with context.begin_transaction():
    context.run_migrations()
