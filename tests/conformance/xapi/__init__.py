"""The requirements of ADL's LRS conformance suite, as our own tests, titled by requirement id (XAPI-00001 …).

Each runs with both versions of xAPI and on both databases. A test that serves several ids names them all.
"""
