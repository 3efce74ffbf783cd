"""What every HTTP half of this library must decide alike: which hosts are this machine, and which proxy serves a URL."""
