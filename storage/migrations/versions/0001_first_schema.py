"""The first schema: subjects and their keys, watch terms, sources, hits, evidence, channels, the outbox."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("login_key", sa.LargeBinary(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("login_key", name=op.f("uq_account_login_key")),
    )
    op.create_table(
        "audit",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=True),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("link", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_subject_id"), "audit", ["subject_id"], unique=False)
    op.create_table(
        "instance",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_instance")),
    )
    op.create_table(
        "seen_post",
        sa.Column("post_key", sa.LargeBinary(), nullable=False),
        sa.Column("body_key", sa.LargeBinary(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("post_key", name=op.f("pk_seen_post")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_seen_post_seen_at"), "seen_post", ["seen_at"], unique=False)
    op.create_table(
        "source",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("url_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("start_url", sa.String(), nullable=False),
        sa.Column("will_read", sa.String(), nullable=False),
        sa.Column("cannot_see", sa.String(), nullable=False),
        sa.Column("interval_s", sa.Integer(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_success_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures_in_row", sa.Integer(), nullable=False),
        sa.Column("is_cut", sa.Boolean(), nullable=False),
        sa.Column("last_posts", sa.Integer(), nullable=False),
        sa.Column("posts_total", sa.Integer(), nullable=False),
        sa.Column("requests_total", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source")),
        sa.UniqueConstraint("url_sha256", name=op.f("uq_source_url_sha256")),
    )
    op.create_index(op.f("ix_source_host"), "source", ["host"], unique=False)
    op.create_index(op.f("ix_source_next_due_at"), "source", ["next_due_at"], unique=False)
    op.create_table(
        "tombstone",
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("purged_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("subject_id", name=op.f("pk_tombstone")),
    )
    op.create_table(
        "page_state",
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("page_key", sa.LargeBinary(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.id"], name=op.f("fk_page_state_source_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("source_id", "page_key", name=op.f("pk_page_state")),
    )
    op.create_table(
        "refusal",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.id"], name=op.f("fk_refusal_source_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refusal")),
    )
    op.create_index(op.f("ix_refusal_source_id_at"), "refusal", ["source_id", "at"], unique=False)
    op.create_table(
        "subject",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_subject_account_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subject")),
    )
    op.create_index(op.f("ix_subject_account_id"), "subject", ["account_id"], unique=False)
    op.create_index(op.f("ix_subject_created_at"), "subject", ["created_at"], unique=False)
    op.create_table(
        "channel",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("is_discreet", sa.Boolean(), nullable=False),
        sa.Column("shows_picture", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subject.id"], name=op.f("fk_channel_subject_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel")),
    )
    op.create_index(op.f("ix_channel_subject_id"), "channel", ["subject_id"], unique=False)
    op.create_table(
        "consent",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("basis", sa.String(), nullable=False),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subject.id"], name=op.f("fk_consent_subject_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    op.create_index(op.f("ix_consent_subject_id"), "consent", ["subject_id"], unique=False)
    op.create_table(
        "hit",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("source_id", sa.String(), nullable=True),
        sa.Column("post_key", sa.LargeBinary(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("disposition", sa.String(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disposed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disposed_by", sa.String(), nullable=True),
        sa.Column("evidence_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("capture_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.id"], name=op.f("fk_hit_source_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subject.id"], name=op.f("fk_hit_subject_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hit")),
        sa.UniqueConstraint("subject_id", "post_key", name=op.f("uq_hit_subject_id_post_key")),
    )
    op.create_index(op.f("ix_hit_disposition_found_at"), "hit", ["disposition", "found_at"], unique=False)
    op.create_index(op.f("ix_hit_found_at_id"), "hit", ["found_at", "id"], unique=False)
    op.create_index(op.f("ix_hit_severity_found_at"), "hit", ["severity", "found_at"], unique=False)
    op.create_index(op.f("ix_hit_source_id_found_at"), "hit", ["source_id", "found_at"], unique=False)
    op.create_index(
        op.f("ix_hit_subject_id_found_at_id"), "hit", ["subject_id", "found_at", "id"], unique=False
    )
    op.create_index(
        "ix_hit_capture_due_at",
        "hit",
        ["capture_due_at"],
        unique=False,
        sqlite_where=sa.text("capture_due_at IS NOT NULL"),
        postgresql_where=sa.text("capture_due_at IS NOT NULL"),
    )
    op.create_table(
        "subject_key",
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subject.id"], name=op.f("fk_subject_key_subject_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("subject_id", name=op.f("pk_subject_key")),
    )
    op.create_table(
        "watch_term",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("term_key", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subject.id"], name=op.f("fk_watch_term_subject_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watch_term")),
        sa.UniqueConstraint("subject_id", "term_key", name=op.f("uq_watch_term_subject_id_term_key")),
    )
    op.create_index(op.f("ix_watch_term_changed_at"), "watch_term", ["changed_at"], unique=False)
    op.create_index(op.f("ix_watch_term_state"), "watch_term", ["state"], unique=False)
    op.create_table(
        "alert",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("channel_id", sa.String(), nullable=False),
        sa.Column("hit_id", sa.String(), nullable=True),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("forgiven", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channel.id"], name=op.f("fk_alert_channel_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["hit_id"], ["hit.id"], name=op.f("fk_alert_hit_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subject.id"], name=op.f("fk_alert_subject_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
        sa.UniqueConstraint("topic", "channel_id", "kind", name=op.f("uq_alert_topic_channel_id_kind")),
    )
    op.create_index(op.f("ix_alert_channel_id"), "alert", ["channel_id"], unique=False)
    op.create_index(
        op.f("ix_alert_hit_id_channel_id_kind_state"),
        "alert",
        ["hit_id", "channel_id", "kind", "state"],
        unique=False,
    )
    op.create_index(
        op.f("ix_alert_state_next_attempt_at"), "alert", ["state", "next_attempt_at"], unique=False
    )
    op.create_index(op.f("ix_alert_subject_id"), "alert", ["subject_id"], unique=False)
    op.create_table(
        "evidence",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("hit_id", sa.String(), nullable=True),
        sa.Column("hit_revision", sa.Integer(), nullable=True),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("captured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["hit_id"], ["hit.id"], name=op.f("fk_evidence_hit_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subject.id"], name=op.f("fk_evidence_subject_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
    )
    op.create_index(
        op.f("ix_evidence_hit_id_captured_at"), "evidence", ["hit_id", "captured_at"], unique=False
    )
    op.create_index(
        op.f("ix_evidence_subject_id_captured_at"), "evidence", ["subject_id", "captured_at"], unique=False
    )
    op.create_table(
        "hit_revision",
        sa.Column("hit_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("body_key", sa.LargeBinary(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["hit_id"], ["hit.id"], name=op.f("fk_hit_revision_hit_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("hit_id", "number", name=op.f("pk_hit_revision")),
    )
    op.create_table(
        "delivery",
        sa.Column("alert_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alert.id"], name=op.f("fk_delivery_alert_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("alert_id", "number", name=op.f("pk_delivery")),
    )
    op.create_table(
        "evidence_file",
        sa.Column("evidence_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("vault_address", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["evidence_id"], ["evidence.id"], name=op.f("fk_evidence_file_evidence_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("evidence_id", "number", name=op.f("pk_evidence_file")),
    )
    op.create_index(op.f("ix_evidence_file_vault_address"), "evidence_file", ["vault_address"], unique=False)
    _protect_audit()


def downgrade() -> None:
    _release_audit()
    op.drop_index(op.f("ix_evidence_file_vault_address"), table_name="evidence_file")
    op.drop_table("evidence_file")
    op.drop_table("delivery")
    op.drop_table("hit_revision")
    op.drop_index(op.f("ix_evidence_subject_id_captured_at"), table_name="evidence")
    op.drop_index(op.f("ix_evidence_hit_id_captured_at"), table_name="evidence")
    op.drop_table("evidence")
    op.drop_index(op.f("ix_alert_subject_id"), table_name="alert")
    op.drop_index(op.f("ix_alert_state_next_attempt_at"), table_name="alert")
    op.drop_index(op.f("ix_alert_hit_id_channel_id_kind_state"), table_name="alert")
    op.drop_index(op.f("ix_alert_channel_id"), table_name="alert")
    op.drop_table("alert")
    op.drop_index(op.f("ix_watch_term_state"), table_name="watch_term")
    op.drop_index(op.f("ix_watch_term_changed_at"), table_name="watch_term")
    op.drop_table("watch_term")
    op.drop_table("subject_key")
    op.drop_index(
        "ix_hit_capture_due_at",
        table_name="hit",
        sqlite_where=sa.text("capture_due_at IS NOT NULL"),
        postgresql_where=sa.text("capture_due_at IS NOT NULL"),
    )
    op.drop_index(op.f("ix_hit_subject_id_found_at_id"), table_name="hit")
    op.drop_index(op.f("ix_hit_source_id_found_at"), table_name="hit")
    op.drop_index(op.f("ix_hit_severity_found_at"), table_name="hit")
    op.drop_index(op.f("ix_hit_found_at_id"), table_name="hit")
    op.drop_index(op.f("ix_hit_disposition_found_at"), table_name="hit")
    op.drop_table("hit")
    op.drop_index(op.f("ix_consent_subject_id"), table_name="consent")
    op.drop_table("consent")
    op.drop_index(op.f("ix_channel_subject_id"), table_name="channel")
    op.drop_table("channel")
    op.drop_index(op.f("ix_subject_created_at"), table_name="subject")
    op.drop_index(op.f("ix_subject_account_id"), table_name="subject")
    op.drop_table("subject")
    op.drop_index(op.f("ix_refusal_source_id_at"), table_name="refusal")
    op.drop_table("refusal")
    op.drop_table("page_state")
    op.drop_table("tombstone")
    op.drop_index(op.f("ix_source_next_due_at"), table_name="source")
    op.drop_index(op.f("ix_source_host"), table_name="source")
    op.drop_table("source")
    op.drop_index(op.f("ix_seen_post_seen_at"), table_name="seen_post")
    op.drop_table("seen_post")
    op.drop_table("instance")
    op.drop_index(op.f("ix_audit_subject_id"), table_name="audit")
    op.drop_table("audit")
    op.drop_table("account")


def _protect_audit() -> None:
    """The log can be appended to only: what changes or removes entries fails in the database itself."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            """
            CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'audit is append-only'; END $$
            """
        )
        op.execute(
            "CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER audit_no_{verb.lower()} BEFORE {verb} ON audit "
            "BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END"
        )


def _release_audit() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER audit_append_only ON audit")
        op.execute("DROP FUNCTION audit_is_append_only()")
        return
    for verb in ("update", "delete"):
        op.execute(f"DROP TRIGGER audit_no_{verb}")
