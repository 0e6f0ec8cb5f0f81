# Projects that filter sources: the source stays the source.
{ ... }:
let
  filter = { root ? null, src ? root, ... }: src;
  same = path: path;
  second = _: path: path;
in
{
  __functor = _: filter;
  lib = {
    inherit filter;
    gitignoreSource = same;
    gitignoreFilter = same;
    gitignoreSourceWith = { path, ... }: path;
    gitignoreRecursiveSource = second;
    cleanSource = same;
  };
}
