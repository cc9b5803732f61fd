"""Sealed evidence: what kind it is, when it was stamped, and its custody log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("evidence") as table:
        table.add_column(sa.Column("kind", sa.String(), nullable=False, server_default="capture"))
        table.add_column(sa.Column("stamped_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("stamp_due_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("evidence") as table:
        table.alter_column("kind", existing_type=sa.String(), existing_nullable=False, server_default=None)
        table.create_index(op.f("ix_evidence_stamp_due_at"), ["stamp_due_at"], unique=False)
    op.create_table(
        "custody_entry",
        sa.Column("evidence_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("previous", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["evidence_id"], ["evidence.id"], name=op.f("fk_custody_entry_evidence_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("evidence_id", "number", name=op.f("pk_custody_entry")),
    )
    op.create_table(
        "custody_root",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tree_size", sa.Integer(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custody_root")),
    )
    op.create_index(op.f("ix_custody_root_made_at"), "custody_root", ["made_at"], unique=False)
    op.create_table(
        "custody_stamp",
        sa.Column("root_id", sa.String(), nullable=False),
        sa.Column("tsa", sa.String(), nullable=False),
        sa.Column("response", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["root_id"], ["custody_root.id"], name=op.f("fk_custody_stamp_root_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("root_id", "tsa", name=op.f("pk_custody_stamp")),
    )
    op.create_table(
        "custody_leaf",
        sa.Column("root_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("evidence_id", sa.String(), nullable=True),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("head", sa.String(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["root_id"], ["custody_root.id"], name=op.f("fk_custody_leaf_root_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["evidence_id"], ["evidence.id"], name=op.f("fk_custody_leaf_evidence_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("root_id", "number", name=op.f("pk_custody_leaf")),
    )
    op.create_index(op.f("ix_custody_leaf_evidence_id"), "custody_leaf", ["evidence_id"], unique=False)
