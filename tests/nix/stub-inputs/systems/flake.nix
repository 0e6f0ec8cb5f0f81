# nix-systems/default: a list of systems to import.
{ outputs = { self }: { }; }
