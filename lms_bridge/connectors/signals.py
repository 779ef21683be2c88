"""What connectors tell the slices above them, within the transaction that also moves the source's cursor."""

from blinker import Signal

results_received = Signal(
    "Called as `results_received.send(None, session=Session, source_id=UUID, results=[LmsResult])`, in the order in "
    "which the source told them; the same result may come many times. A receiver returns how many were new to it."
)

list_received = Signal(
    "Called as `list_received.send(None, session=Session, connection=Connection, filename=str, content=bytes)` for a "
    "file that a source put down, once each. A receiver returns (how many rows were new, [Note])."
)
