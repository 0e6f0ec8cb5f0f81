# Projects that filter sources: the source stays the source.
{ ... }:
let
  # What a filter takes away is not known here.
  some = builtins.filterSource (path: type: false);
  filter = { root ? null, src ? root, ... }: some src;
  same = path: some path;
  second = _: path: some path;
in
{
  __functor = _: filter;
  lib = {
    inherit filter;
    gitignoreSource = same;
    gitignoreFilter = _: path: type: true;
    gitignoreSourceWith = { path, ... }: some path;
    gitignoreRecursiveSource = second;
    cleanSource = same;
  };
}
