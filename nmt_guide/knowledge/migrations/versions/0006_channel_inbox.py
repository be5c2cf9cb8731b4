"""What channels have taken in and not finished, and the answers to REST requests that may be repeated."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "channel_inbox",
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("conversation", sa.String(length=255), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=True),
        sa.Column("body", sa.JSON(), nullable=True),
        sa.Column("calls", sa.JSON(), nullable=True),
        sa.Column("sent", sa.Integer(), server_default="0", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("received_at", sa.Float(), nullable=False),
        sa.Column("held_until", sa.Float(), server_default="0", nullable=False),
        sa.Column("held_by", sa.String(length=32), nullable=True),
        sa.Column("done_at", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("channel", "key", name=op.f("pk_channel_inbox")),
    )
    op.create_index(op.f("ix_channel_inbox_conversation"), "channel_inbox", ["conversation"])
    op.create_table(
        "rest_answer",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("conversation", sa.String(length=255), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("replies", sa.Text(), nullable=True),
        sa.Column("begun_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_rest_answer")),
    )
    op.create_index(op.f("ix_rest_answer_conversation"), "rest_answer", ["conversation"])
    op.create_index(op.f("ix_rest_answer_begun_at"), "rest_answer", ["begun_at"])


def downgrade() -> None:
    op.drop_table("rest_answer")
    op.drop_table("channel_inbox")
