"""What accounts tell the slices above them, in the same transaction."""

from blinker import Signal

account_erased = Signal(
    "Called as `account_erased.send(None, session=Session, account_id=UUID)` for somebody whose traces are removed: "
    "who keeps rows about what the person learnt deletes them. What the person made for others stays, under an account "
    "that names nobody."
)
