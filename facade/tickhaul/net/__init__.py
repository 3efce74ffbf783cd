"""The rules every HTTP request follows, whatever part of the package makes it and whatever library moves its bytes.

Which hosts are this machine, where a URL leads, which proxy serves it and what its refusals mean, which certificate
authorities are trusted, how to connect, how long to wait, when a connection is clean, and what of a URL or a log may be
shown. API calls,
transfers, xyt hub and the contract check all ask here. It knows nothing of any of them, and of the
machine it reads nothing but the environment and the certificates that names; only `dialing` opens sockets.
"""
