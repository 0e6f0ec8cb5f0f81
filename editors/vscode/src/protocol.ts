//! What the server says beyond the protocol: its matrix of targets, and what builds print.

/** A place in a file of a project; lines and columns count from one. */
export interface Place {
  file: string;
  range: { start: Position; end: Position };
}

interface Position {
  line: number;
  column: number;
}

/** Something that a build needs. */
export interface Fact {
  state: "ok" | "missing" | "broken" | "not-needed" | "unknown";
  value: string | null;
  from: Place | null;
}

/** A target that a project ships. */
export interface Target {
  triple: string;
  tier: number | null;
  ready: boolean;
  declared: (Partial<Place> & { as: string })[];
  std: Fact;
  linker: Fact;
  c_compiler: Fact;
  linkage: string;
  native: { crate: string; version: string | null; path: string[] }[];
  builder: string;
  /** What the last build and the last audit came to; they outlive the server. */
  last_build?: LastBuild | null;
  last_audit?: LastAudit | null;
}

/** How a build ended, or that it runs. */
export type Outcome = "running" | "built" | "failed" | "missing" | "cancelled";

/** The last build of a target. */
export interface LastBuild {
  outcome: Outcome;
  /** RFC 3339. */
  time: string;
  builder: string;
  log: string | null;
  /** In few words, with the time of day where the server runs. */
  words: string;
}

/** The last audit of a target's binaries: the worst one's verdict. */
export interface LastAudit {
  verdict: string;
  time: string;
  words: string;
  files: Audited[];
}

/** A project and its targets. */
export interface Project {
  root: string;
  host: string;
  targets: Target[];
}

/** A binary that was looked at. */
export interface Audited {
  file: string;
  verdict: string;
  runs_on?: string[];
  findings?: { rule: string; severity: string; message: string; help?: string | null }[];
}

/** Lines of a build, or its end. */
export interface BuildOutput {
  id: number;
  target: string;
  /** The project's folder. */
  root: string;
  lines: string[];
  end?: {
    outcome: Outcome;
    passed: boolean;
    audited: Audited[];
    log: string | null;
  };
}

/** Told when a target's row changed. */
export const TARGETS = "portolan/targets";
/** Told while a build runs. */
export const BUILD_OUTPUT = "portolan/buildOutput";
