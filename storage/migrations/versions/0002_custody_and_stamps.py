"""Sealed evidence: what kind it is, when it was stamped, and its custody log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Never by rebuilding the table: on SQLite dropping the old one would delete what refers to it.
    op.add_column("evidence", sa.Column("kind", sa.String(), nullable=False, server_default="capture"))
    op.add_column("evidence", sa.Column("stamped_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("evidence", sa.Column("stamp_due_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(op.f("ix_evidence_stamp_due_at"), "evidence", ["stamp_due_at"], unique=False)
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
    _protect_entries()
    _clear_leaves_of_deleted_evidence()


def downgrade() -> None:
    _keep_leaves()
    _release_entries()
    op.drop_table("custody_leaf")
    op.drop_table("custody_stamp")
    op.drop_table("custody_root")
    op.drop_table("custody_entry")
    op.drop_index(op.f("ix_evidence_stamp_due_at"), table_name="evidence")
    for column in ("stamp_due_at", "stamped_at", "kind"):
        op.drop_column("evidence", column)


def _protect_entries() -> None:
    """Entries are appended only; they go with their evidence and not before."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            """
            CREATE FUNCTION custody_is_append_only() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN
              IF TG_OP = 'DELETE' AND NOT EXISTS (SELECT 1 FROM evidence WHERE id = OLD.evidence_id) THEN
                RETURN OLD;
              END IF;
              RAISE EXCEPTION 'custody_entry is append-only';
            END $$
            """
        )
        op.execute(
            "CREATE TRIGGER custody_append_only BEFORE UPDATE OR DELETE ON custody_entry "
            "FOR EACH ROW EXECUTE FUNCTION custody_is_append_only()"
        )
        return
    op.execute(
        "CREATE TRIGGER custody_no_update BEFORE UPDATE ON custody_entry "
        "BEGIN SELECT RAISE(ABORT, 'custody_entry is append-only'); END"
    )
    op.execute(
        "CREATE TRIGGER custody_no_delete BEFORE DELETE ON custody_entry "
        "WHEN EXISTS (SELECT 1 FROM evidence WHERE id = OLD.evidence_id) "
        "BEGIN SELECT RAISE(ABORT, 'custody_entry is append-only'); END"
    )


def _release_entries() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER custody_append_only ON custody_entry")
        op.execute("DROP FUNCTION custody_is_append_only()")
        return
    op.execute("DROP TRIGGER custody_no_update")
    op.execute("DROP TRIGGER custody_no_delete")


def _clear_leaves_of_deleted_evidence() -> None:
    """Whoever holds an old pack must not learn from a leaf's head or salt that the erased item was here."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            """
            CREATE FUNCTION custody_leaf_is_cleared() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN
              UPDATE custody_leaf SET evidence_id = NULL, entries = 0, head = '', salt = ''
                WHERE evidence_id = OLD.id;
              RETURN OLD;
            END $$
            """
        )
        op.execute(
            "CREATE TRIGGER custody_leaf_clear BEFORE DELETE ON evidence "
            "FOR EACH ROW EXECUTE FUNCTION custody_leaf_is_cleared()"
        )
        return
    op.execute(
        "CREATE TRIGGER custody_leaf_clear BEFORE DELETE ON evidence BEGIN "
        "UPDATE custody_leaf SET evidence_id = NULL, entries = 0, head = '', salt = x'' "
        "WHERE evidence_id = OLD.id; END"
    )


def _keep_leaves() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER custody_leaf_clear ON evidence")
        op.execute("DROP FUNCTION custody_leaf_is_cleared()")
        return
    op.execute("DROP TRIGGER custody_leaf_clear")
