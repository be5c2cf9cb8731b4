"""What channels have taken in already, so that a message sent twice is answered once."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "channel_seen",
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("channel", "key", name=op.f("pk_channel_seen")),
    )
    op.create_index(op.f("ix_channel_seen_seen_at"), "channel_seen", ["seen_at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_channel_seen_seen_at"), "channel_seen")
    op.drop_table("channel_seen")
