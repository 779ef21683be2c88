"""What the LRS tells the slices above it, within the transaction, so that both hold or neither."""

from blinker import Signal

statements_stored = Signal(
    """New statements. Called as
    `statements_stored.send(None, session=session, tenant_id=UUID, statements=[{"id": UUID, "stored": datetime,
    "statement": dict, "voids": UUID | None}])`, in the order of storing, each statement once however often it was
    sent. `statement` is as the LRS keeps it (format=exact); `voids` is the id that it voids, if any. A statement
    that was voided before it arrived is not told of.
    """
)
