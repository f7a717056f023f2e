"""Switchover: a replica becomes the primary, and the primary its replica, without losing an acknowledged write.

The primary is stopped, which waits until its replicas have everything; its data is fenced, so that it can only follow
from there on; the replica is promoted; then the data of both changes places, so that every name and port stays what
it was. A journal says how far it came. What was interrupted is finished or taken back by the next `up`, and at no point
do two servers take writes.
"""
