"""Where copies stand: does one rack, one host or one disk hold all of them?"""
