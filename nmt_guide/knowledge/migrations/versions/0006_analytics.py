"""What was asked, as counts."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "analytics_turn",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_analytics_turn")),
    )
    op.create_index(op.f("ix_analytics_turn_hour"), "analytics_turn", ["hour"])
    op.create_table(
        "analytics_reply",
        sa.Column("turn_id", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=True),
        sa.Column("facets", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=True),
        sa.Column("flag", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["turn_id"],
            ["analytics_turn.id"],
            name=op.f("fk_analytics_reply_turn_id_analytics_turn"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("turn_id", "position", name=op.f("pk_analytics_reply")),
    )


def downgrade() -> None:
    op.drop_table("analytics_reply")
    op.drop_table("analytics_turn")
