"""Changes of the file store: whole files, files in pieces, clearing up."""

from gongzhi.files.actions.keeping import clean_name, discard, receive, remove, scan, send, sweep
from gongzhi.files.actions.pieces import add_piece, begin_transfer, finish_transfer, forget_transfers, give_up, take_in

__all__ = [
    "add_piece",
    "begin_transfer",
    "clean_name",
    "discard",
    "finish_transfer",
    "forget_transfers",
    "give_up",
    "receive",
    "remove",
    "scan",
    "send",
    "sweep",
    "take_in",
]
