"""The helplines of a country for who is hurt by others."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("country", sa.Column("abuse", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("country", "abuse")
