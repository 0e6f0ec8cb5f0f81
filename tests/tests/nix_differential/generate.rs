//! Random expressions with a type: what they come to is always something that Nix can print.

use std::fmt::Write;

/// What an expression comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    Integer,
    Text,
    Truth,
    List(Box<Type>),
    /// A set with these attributes.
    Set(Vec<(&'static str, Type)>),
}

/// Numbers that look random and are the same on every run.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound.max(1)).unwrap()).unwrap()
    }

    fn pick<'t, T>(&mut self, of: &'t [T]) -> &'t T {
        &of[self.below(of.len())]
    }
}

const NAMES: &[&str] = &["a", "b", "c", "x", "foo-bar", "_y'", "zed"];
const TEXTS: &[&str] = &[
    "\"\"",
    "\"a\"",
    "\"x86_64-linux\"",
    "\"a.b-c.1.2\"",
    "\"ä\\n\\t\\\"\\\\ $ $$ \\${x}\"",
    "\"  blank \"",
    "''one''",
    "''\n  two\n    lines ''${x} '''\n  ''",
    "''\n\ta\n  b\n''",
    "''x ''\\n y $''",
    "http://example.com/a?b=c",
];
const PATTERNS: &[&str] =
    &["[a-z]+", "([^-]*)-(.*)", "[[:digit:]]+", "(a)|b", ".*", "[^.]+\\.(.)", "(x?)(8+).*"];
const SEPARATORS: &[&str] = &["[.-]", "-", "[[:space:]]+", "([0-9]+)", "\\."];

pub struct Generator {
    pub random: Random,
    scope: Vec<(String, Type)>,
    fresh: usize,
}

impl Generator {
    pub fn new(seed: u64) -> Self {
        Self { random: Random::new(seed), scope: Vec::new(), fresh: 0 }
    }

    pub fn expression(&mut self) -> String {
        self.scope.clear();
        let kind = self.some_type(2);
        self.of(&kind, 5)
    }

    fn some_type(&mut self, depth: usize) -> Type {
        match self.random.below(if depth == 0 { 3 } else { 6 }) {
            0 => Type::Integer,
            1 => Type::Text,
            2 => Type::Truth,
            3 => Type::List(Box::new(self.some_type(depth - 1))),
            _ => self.some_set(depth - 1),
        }
    }

    fn some_set(&mut self, depth: usize) -> Type {
        let mut fields: Vec<(&'static str, Type)> = Vec::new();
        for _ in 0..=self.random.below(3) {
            let name = *self.random.pick(NAMES);
            if !fields.iter().any(|(known, _)| *known == name) {
                fields.push((name, self.some_type(depth)));
            }
        }
        Type::Set(fields)
    }

    fn name(&mut self) -> String {
        self.fresh += 1;
        format!("v{}", self.fresh)
    }

    /// Something of a type, in brackets where that is needed.
    fn of(&mut self, kind: &Type, depth: usize) -> String {
        if let Some(variable) = self.variable(kind) {
            return variable;
        }
        if depth == 0 {
            return self.leaf(kind);
        }
        if self.random.below(3) == 0 {
            return self.anywhere(kind, depth - 1);
        }
        match kind {
            Type::Integer => self.integer(depth - 1),
            Type::Text => self.text(depth - 1),
            Type::Truth => self.truth(depth - 1),
            Type::List(item) => self.list(&item.clone(), depth - 1),
            Type::Set(fields) => self.set(&fields.clone(), depth - 1),
        }
    }

    fn variable(&mut self, kind: &Type) -> Option<String> {
        let fitting: Vec<String> =
            self.scope.iter().filter(|(_, known)| known == kind).map(|(name, _)| name.clone()).collect();
        (!fitting.is_empty() && self.random.below(3) == 0).then(|| self.random.pick(&fitting).clone())
    }

    fn leaf(&mut self, kind: &Type) -> String {
        match kind {
            Type::Integer => match self.random.below(8) {
                0 => "9223372036854775807".to_owned(),
                1 => "(-3)".to_owned(),
                number => number.to_string(),
            },
            Type::Text => (*self.random.pick(TEXTS)).to_owned(),
            Type::Truth => (*self.random.pick(&["true", "false"])).to_owned(),
            Type::List(item) => {
                let items: Vec<String> = (0..self.random.below(4)).map(|_| self.leaf(item)).collect();
                format!("[ {} ]", items.join(" "))
            }
            Type::Set(fields) => {
                let mut text = String::from("{ ");
                for (name, kind) in fields {
                    write!(text, "{name} = {}; ", self.leaf(kind)).unwrap();
                }
                text + "}"
            }
        }
    }

    /// With more names in scope.
    fn within(&mut self, names: Vec<(String, Type)>, make: impl FnOnce(&mut Self) -> String) -> String {
        let before = self.scope.len();
        self.scope.extend(names);
        let text = make(self);
        self.scope.truncate(before);
        text
    }

    /// What any type can be made with.
    fn anywhere(&mut self, kind: &Type, depth: usize) -> String {
        let other = self.some_type(1);
        match self.random.below(17) {
            0 => {
                let (condition, yes, no) =
                    (self.of(&Type::Truth, depth), self.of(kind, depth), self.of(kind, depth));
                format!("(if {condition} then {yes} else {no})")
            }
            1 => {
                let (name, value) = (self.name(), self.of(&other, depth));
                let body = self.within(vec![(name.clone(), other)], |this| this.of(kind, depth));
                format!("(let {name} = {value}; in {body})")
            }
            2 => {
                let (name, value) = (self.name(), self.of(&other, depth));
                let body = self.within(vec![(name.clone(), other)], |this| this.of(kind, depth));
                format!("(({name}: {body}) {value})")
            }
            3 => {
                let (one, two) = (self.name(), self.name());
                let value = self.of(&other, depth);
                let default = self.of(kind, depth);
                let names = vec![(one.clone(), other), (two.clone(), kind.clone())];
                let body = self.within(names, |this| this.of(kind, depth));
                format!(
                    "(({{ {one}, {two} ? {default}, ... }}@all: {body}) {{ {one} = {value}; more = 1; }})"
                )
            }
            4 => {
                let (name, value) = (self.name(), self.of(&other, depth));
                let body = self.within(vec![(name.clone(), other)], |this| this.of(kind, depth));
                format!("(with {{ {name} = {value}; }}; {body})")
            }
            5 => {
                let value = self.of(kind, depth);
                format!("(assert true || throw \"no\"; {value})")
            }
            6 => {
                let value = self.of(kind, depth);
                format!("(builtins.head [ {value} (throw \"lazy\") ])")
            }
            7 => {
                let (value, default) = (self.of(kind, depth), self.of(kind, depth));
                match self.random.below(3) {
                    0 => format!("({{ a.b = {value}; }}.a.b or {default})"),
                    1 => format!("({{ a.b = {value}; }}.a.c or {default})"),
                    _ => format!("({{ }}.${{\"a\"}}.b or {default})"),
                }
            }
            8 => {
                let value = self.of(kind, depth);
                format!("(rec {{ a = b; b = {{ inherit c; }}.c; c = {value}; }}.a)")
            }
            9 => {
                let value = self.of(kind, depth);
                format!("(builtins.getAttr \"v\" {{ v = {value}; w = throw \"lazy\"; }})")
            }
            10 => {
                let value = self.of(kind, depth);
                format!("(builtins.tryEval {value}).value")
            }
            11 => {
                let value = self.of(kind, depth);
                format!("(let f = n: if n == 0 then {value} else f (n - 1); in f 3)")
            }
            12 => {
                let value = self.of(kind, depth);
                format!("(let s = {{ __functor = self: x: x; }}; in s {value})")
            }
            13 => {
                let value = self.of(kind, depth);
                format!("(builtins.elemAt [ (throw \"lazy\") {value} ] 1)")
            }
            14 => {
                let value = self.of(kind, depth);
                format!("(let fix = f: let x = f x; in x; in (fix (self: {{ a = {value}; b = self.a; }})).b)")
            }
            15 => {
                let value = self.of(kind, depth);
                format!("(builtins.fromJSON (builtins.toJSON {value}))")
            }
            _ => {
                let value = self.of(kind, depth);
                format!("(let inherit ({{ q = {value}; }}) q; in builtins.seq true q)")
            }
        }
    }

    fn integer(&mut self, depth: usize) -> String {
        let kind = Type::Integer;
        match self.random.below(15) {
            0..=2 => {
                let operator = *self.random.pick(&["+", "-", "*"]);
                let (left, right) = (self.of(&kind, depth), self.of(&kind, depth));
                format!("({left} {operator} {right})")
            }
            3 => {
                let left = self.of(&kind, depth);
                let divisor = *self.random.pick(&["1", "2", "7", "(-3)"]);
                format!("({left} / {divisor})")
            }
            4 => {
                let item = self.some_type(1);
                let list = self.of(&Type::List(Box::new(item)), depth);
                format!("(builtins.length {list})")
            }
            5 => {
                let text = self.of(&Type::Text, depth);
                format!("(builtins.stringLength {text})")
            }
            6 => {
                let list = self.of(&Type::List(Box::new(kind)), depth);
                format!("(builtins.foldl' (sum: n: sum + n) 1 {list})")
            }
            7 => {
                let function = *self.random.pick(&["add", "sub", "mul", "bitAnd", "bitOr", "bitXor"]);
                let (left, right) = (self.of(&kind, depth), self.of(&kind, depth));
                format!("(builtins.{function} {left} {right})")
            }
            8 => {
                let (left, right) = (self.of(&Type::Text, depth), self.of(&Type::Text, depth));
                format!("(builtins.compareVersions {left} {right})")
            }
            9 => {
                let number = self.random.below(100);
                let function = *self.random.pick(&["ceil", "floor"]);
                format!("(builtins.{function} (-{number}.25))")
            }
            10 => {
                let value = self.of(&kind, depth);
                format!("(-{value})")
            }
            11 => format!("(builtins.fromJSON \"{}\")", self.random.below(1000)),
            12 => {
                let set = self.some_set(0);
                let set = self.of(&set, depth);
                format!("(builtins.length (builtins.attrNames {set}))")
            }
            13 => {
                let set = self.some_set(0);
                let set = self.of(&set, depth);
                format!("(builtins.length (builtins.attrValues (removeAttrs {set} [ \"a\" \"zed\" ])))")
            }
            _ => self.leaf(&kind),
        }
    }

    fn text(&mut self, depth: usize) -> String {
        let kind = Type::Text;
        match self.random.below(19) {
            0 => {
                let (left, right) = (self.of(&kind, depth), self.of(&kind, depth));
                format!("({left} + {right})")
            }
            1 => {
                let (one, two) = (self.of(&kind, depth), self.of(&kind, depth));
                format!("\"<${{{one}}}-${{{two}}}>\"")
            }
            2 => {
                let (one, two) = (self.of(&kind, depth), self.of(&kind, depth));
                format!("''\n    a ${{{one}}}\n      b\n    ${{{two}}}\n  ''")
            }
            3 => {
                let number = self.of(&Type::Integer, depth);
                format!("(toString {number})")
            }
            4 => {
                let some = self.some_type(1);
                let value = self.of(&some, depth);
                format!("(builtins.toJSON {value})")
            }
            5 => {
                let some = self.some_type(1);
                let value = self.of(&some, depth);
                format!("(builtins.typeOf {value})")
            }
            6 => {
                let (from, count) = (self.random.below(4), self.random.below(6));
                let text = self.of(&kind, depth);
                format!(
                    "(builtins.substring {from} {count} (builtins.replaceStrings [ \"ä\" ] [ \"ae\" ] {text}))"
                )
            }
            7 => {
                let (from, to, text) = (self.of(&kind, 0), self.of(&kind, depth), self.of(&kind, depth));
                format!("(builtins.replaceStrings [ \"a\" {from} \"-\" ] [ \"b\" {to} \"_\" ] {text})")
            }
            8 => {
                let list = self.of(&Type::List(Box::new(kind)), depth);
                format!("(builtins.concatStringsSep \", \" {list})")
            }
            9 => {
                let truths = self.of(&Type::List(Box::new(Type::Truth)), depth);
                format!("(toString {truths})")
            }
            10 => {
                let numbers = self.of(&Type::List(Box::new(Type::List(Box::new(Type::Integer)))), depth);
                format!("(toString {numbers})")
            }
            11 => {
                let (left, right) = (self.of(&Type::Integer, depth), self.of(&Type::Integer, depth));
                format!("(toString (({left} * 1.5 + {right}) / 4))")
            }
            12 => {
                let text = self.of(&kind, depth);
                let function =
                    *self.random.pick(&["baseNameOf", "toString", "builtins.unsafeDiscardStringContext"]);
                format!("({function} {text})")
            }
            13 => {
                let text = self.of(&kind, depth);
                format!("(builtins.parseDrvName {text}).name")
            }
            14 => {
                let value = self.of(&kind, depth);
                format!("\"${{{{ __toString = self: self.t; t = {value}; }}}}\"")
            }
            15 => {
                let (sets, name) = (self.of(&kind, depth), *self.random.pick(NAMES));
                format!(
                    "(let s = {{ ${{{sets}}} = \"dyn\"; \"{name}\" = \"st\"; }}; in toString (builtins.attrNames (builtins.mapAttrs (n: v: n + v) s)))"
                )
            }
            16 => {
                let value = self.of(&kind, depth);
                format!("(toString (builtins.tryEval (assert {value} == \"a\"; 1)).success)")
            }
            17 => {
                let value = self.of(&kind, depth);
                format!("(builtins.toString [ null {value} [ ] [ [ ] {value} ] true ])")
            }
            _ => self.leaf(&kind),
        }
    }

    fn truth(&mut self, depth: usize) -> String {
        let kind = Type::Truth;
        let some = self.some_type(2);
        match self.random.below(15) {
            0 | 1 => {
                let operator = *self.random.pick(&["&&", "||", "->"]);
                let (left, right) = (self.of(&kind, depth), self.of(&kind, depth));
                format!("({left} {operator} {right})")
            }
            2 | 3 => {
                let operator = *self.random.pick(&["==", "!="]);
                let (left, right) = (self.of(&some, depth), self.of(&some, depth));
                format!("({left} {operator} {right})")
            }
            4 => {
                let operator = *self.random.pick(&["<", "<=", ">", ">="]);
                let (left, right) = (self.of(&Type::Integer, depth), self.of(&Type::Integer, depth));
                format!("({left} {operator} {right})")
            }
            5 => {
                let operator = *self.random.pick(&["<", "<=", ">", ">="]);
                let (left, right) = (self.of(&Type::Text, depth), self.of(&Type::Text, depth));
                format!("({left} {operator} {right})")
            }
            6 => {
                let list = Type::List(Box::new(Type::Integer));
                let (left, right) = (self.of(&list, depth), self.of(&list, depth));
                format!("({left} < {right})")
            }
            7 => {
                let value = self.of(&kind, depth);
                format!("(!{value})")
            }
            8 => {
                let set = self.some_set(1);
                let set = self.of(&set, depth);
                let name = *self.random.pick(NAMES);
                format!("({set} ? {name})")
            }
            9 => {
                let set = self.some_set(1);
                let (set, name) = (self.of(&set, depth), *self.random.pick(NAMES));
                format!("(builtins.hasAttr \"{name}\" {set})")
            }
            10 => {
                let list = Type::List(Box::new(some.clone()));
                let (item, list) = (self.of(&some, depth), self.of(&list, depth));
                format!("(builtins.elem {item} {list})")
            }
            11 => {
                let function = *self.random.pick(&["any", "all"]);
                let list = self.of(&Type::List(Box::new(Type::Integer)), depth);
                format!("(builtins.{function} (n: n > 2) {list})")
            }
            12 => {
                let function = *self.random.pick(&[
                    "isInt",
                    "isString",
                    "isBool",
                    "isList",
                    "isAttrs",
                    "isFunction",
                    "isNull",
                ]);
                let value = self.of(&some, depth);
                format!("(builtins.{function} {value})")
            }
            13 => {
                let (pattern, text) = (*self.random.pick(PATTERNS), self.of(&Type::Text, depth));
                format!("(builtins.match \"{}\" {text} == null)", pattern.replace('\\', "\\\\"))
            }
            _ => self.leaf(&kind),
        }
    }

    fn list(&mut self, item: &Type, depth: usize) -> String {
        let kind = Type::List(Box::new(item.clone()));
        match self.random.below(17) {
            0 | 1 => {
                let items: Vec<String> = (0..self.random.below(4)).map(|_| self.of(item, depth)).collect();
                format!("[ {} ]", items.join(" "))
            }
            2 => {
                let (left, right) = (self.of(&kind, depth), self.of(&kind, depth));
                format!("({left} ++ {right})")
            }
            3 | 4 => {
                let from = self.some_type(1);
                let (name, list) = (self.name(), self.of(&Type::List(Box::new(from.clone())), depth));
                let body = self.within(vec![(name.clone(), from)], |this| this.of(item, depth));
                format!("(map ({name}: {body}) {list})")
            }
            5 => {
                let (name, list) = (self.name(), self.of(&kind, depth));
                let body =
                    self.within(vec![(name.clone(), item.clone())], |this| this.of(&Type::Truth, depth));
                format!("(builtins.filter ({name}: {body}) {list})")
            }
            6 => {
                let (name, count) = (self.name(), self.random.below(5));
                let body = self.within(vec![(name.clone(), Type::Integer)], |this| this.of(item, depth));
                format!("(builtins.genList ({name}: {body}) {count})")
            }
            7 => {
                let lists = self.of(&Type::List(Box::new(kind)), depth);
                format!("(builtins.concatLists {lists})")
            }
            8 => {
                let (name, list) = (self.name(), self.of(&Type::List(Box::new(Type::Integer)), depth));
                let body = self.within(vec![(name.clone(), Type::Integer)], |this| this.of(&kind, depth));
                format!("(builtins.concatMap ({name}: {body}) {list})")
            }
            9 => {
                let (first, list) = (self.of(item, depth), self.of(&kind, depth));
                format!("(builtins.tail ([ {first} ] ++ {list}))")
            }
            10 => {
                let (name, list) = (self.name(), self.of(&kind, depth));
                let body =
                    self.within(vec![(name.clone(), item.clone())], |this| this.of(&Type::Truth, depth));
                let side = *self.random.pick(&["right", "wrong"]);
                format!("(builtins.partition ({name}: {body}) {list}).{side}")
            }
            11 => {
                let set = self.leaf(&Type::Set(vec![("b", item.clone()), ("a", item.clone())]));
                format!("(builtins.attrValues {set})")
            }
            12 => {
                let (one, two) = (self.of(item, depth), self.of(item, depth));
                format!("(builtins.catAttrs \"k\" [ {{ k = {one}; }} {{ l = 1; }} {{ k = {two}; }} ])")
            }
            13 if *item == Type::Text => {
                let set = self.some_set(1);
                let set = self.of(&set, depth);
                format!("(builtins.attrNames {set})")
            }
            13 if *item == Type::Integer => {
                let list = self.of(&kind, depth);
                format!("(builtins.sort builtins.lessThan {list})")
            }
            14 if *item == Type::Text => {
                let (separator, text) = (*self.random.pick(SEPARATORS), self.of(item, depth));
                format!(
                    "(builtins.filter builtins.isString (builtins.split \"{}\" {text}))",
                    separator.replace('\\', "\\\\")
                )
            }
            15 if *item == Type::Text => {
                let text = self.of(item, depth);
                format!("(builtins.splitVersion {text})")
            }
            16 if *item == Type::Text => {
                let list = self.of(&kind, depth);
                format!("(builtins.sort (a: b: a < b) {list})")
            }
            _ => self.leaf(&kind),
        }
    }

    fn set(&mut self, fields: &[(&'static str, Type)], depth: usize) -> String {
        let kind = Type::Set(fields.to_vec());
        match self.random.below(13) {
            0..=2 => self.written_set(fields, depth),
            3 => {
                let (left, right) = (self.of(&kind, depth), self.of(&kind, depth));
                format!("({left} // {right})")
            }
            4 => {
                let (first, set) = (self.written_set(fields, depth), self.some_set(1));
                let set = self.of(&set, depth);
                format!("({set} // {first})")
            }
            5 => {
                let mut pairs = String::new();
                for (name, kind) in fields {
                    let value = self.of(kind, depth);
                    write!(pairs, " {{ name = \"{name}\"; value = {value}; }}").unwrap();
                }
                format!("(builtins.listToAttrs [{pairs} ])")
            }
            6 => {
                let set = self.of(&kind, depth);
                format!("(builtins.mapAttrs (name: value: value) {set})")
            }
            7 => {
                let names: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
                let wanted: Vec<String> = names.iter().map(|name| format!("{name} = null;")).collect();
                let (set, more) = (self.of(&kind, depth), self.some_set(1));
                let more = self.of(&more, depth);
                format!("(builtins.intersectAttrs {{ {} }} ({more} // {set}))", wanted.join(" "))
            }
            8 => {
                let set = self.of(&kind, depth);
                format!("(removeAttrs ({set} // {{ gone = 1; }}) [ \"gone\" \"never\" ])")
            }
            9 => {
                let (one, two) = (self.of(&kind, depth), self.of(&kind, depth));
                format!("(builtins.zipAttrsWith (name: values: builtins.head values) [ {one} {two} ])")
            }
            10 => {
                let (name, set) = (self.name(), self.of(&kind, depth));
                let inherited: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
                format!("(let {name} = {set}; in {{ inherit ({name}) {}; }})", inherited.join(" "))
            }
            _ => self.leaf(&kind),
        }
    }

    /// In the ways that people write sets.
    fn written_set(&mut self, fields: &[(&'static str, Type)], depth: usize) -> String {
        let recursive = self.random.below(4) == 0;
        let mut text = String::from(if recursive { "(rec { " } else { "{ " });
        for (name, kind) in fields {
            match (kind, self.random.below(4)) {
                (Type::Set(inner), 0) => {
                    for (below, kind) in inner {
                        let value = self.of(kind, depth);
                        write!(text, "{name}.{below} = {value}; ").unwrap();
                    }
                }
                (_, 1) => {
                    let value = self.of(kind, depth);
                    write!(text, "\"{name}\" = {value}; ").unwrap();
                }
                (_, 2) if !recursive => {
                    let value = self.of(kind, depth);
                    write!(text, "${{\"{name}\"}} = {value}; ").unwrap();
                }
                _ => {
                    let value = self.of(kind, depth);
                    write!(text, "{name} = {value}; ").unwrap();
                }
            }
        }
        text + if recursive { "})" } else { "}" }
    }
}
