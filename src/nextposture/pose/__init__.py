"""From pictures to 33 landmarks: the networks, for the browser and for video files.

`parts` says where the files are that the browser asks for. `blazepose` runs the same networks in Python and
`video` reads files; both need `pip install 'nextposture[video]'` and are imported only where they are used.
"""
