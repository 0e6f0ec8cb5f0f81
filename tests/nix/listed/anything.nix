# What stands for every package and function whose names alone matter: a derivation that can be called, overridden,
# and asked for any of `names`.
{ lib, names, system ? "x86_64-linux" }:
let
  anything =
    lib.genAttrs names (_: anything)
    // {
      type = "derivation";
      name = "anything-1.0";
      pname = "anything";
      version = "1.0";
      outPath = "/anything";
      drvPath = "/anything.drv";
      outputName = "out";
      outputs = [ "out" ];
      all = [ anything ];
      meta = {
        platforms = lib.platforms.all;
        license = [ ];
        maintainers = [ ];
        description = "";
        mainProgram = "anything";
        available = true;
        broken = false;
      };
      targetPrefix = "";
      inherit system;
      drvAttrs = { };
      buildInputs = [ ];
      nativeBuildInputs = [ ];
      propagatedBuildInputs = [ ];
      patches = [ ];
      args = [ ];
      # A function, and what is called with its own result still is one.
      __functor = _: _: anything;
    };
in
anything
