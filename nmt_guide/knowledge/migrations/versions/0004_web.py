"""What the website chat keeps: entries, feedback, marks of deleted sessions."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "web_entry",
        sa.Column("session", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("author", sa.String(length=10), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("buttons", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("reply", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("message_id", sa.String(length=64), nullable=True),
        sa.Column("answered", sa.Boolean(), nullable=True),
        sa.Column("answers", sa.Integer(), nullable=True),
        sa.CheckConstraint("author IN ('client', 'assistant')", name=op.f("ck_web_entry_author")),
        sa.PrimaryKeyConstraint("session", "seq", name=op.f("pk_web_entry")),
        sa.UniqueConstraint("session", "message_id", name=op.f("uq_web_entry_session")),
    )
    op.create_index(op.f("ix_web_entry_said_at"), "web_entry", ["said_at"])
    op.create_table(
        "web_feedback",
        sa.Column("session", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rating", sa.String(length=4), nullable=False),
        sa.Column("topic", sa.String(length=80), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("rating IN ('up', 'down')", name=op.f("ck_web_feedback_rating")),
        sa.ForeignKeyConstraint(
            ["session", "seq"],
            ["web_entry.session", "web_entry.seq"],
            name=op.f("fk_web_feedback_session"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("session", "seq", name=op.f("pk_web_feedback")),
    )
    op.create_table(
        "web_deleted",
        sa.Column("session", sa.String(length=64), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("session", name=op.f("pk_web_deleted")),
    )


def downgrade() -> None:
    op.drop_table("web_deleted")
    op.drop_table("web_feedback")
    op.drop_index(op.f("ix_web_entry_said_at"), "web_entry")
    op.drop_table("web_entry")
