//! A log as it comes from elsewhere: with what runners, containers and Nix put before each line.

/// The log in each of these dresses, with the name of the dress.
pub fn dressed(log: &str) -> Vec<(&'static str, String)> {
    let each = |before: &dyn Fn(usize) -> String| {
        let lines = log.lines().enumerate();
        lines.flat_map(|(number, line)| [before(number), line.to_owned(), "\n".to_owned()]).collect()
    };
    let clock = |number: usize| format!("10:{:02}:{:02}", number / 60 % 60, number % 60);
    vec![
        ("as it is", log.to_owned()),
        ("with CR LF", log.replace('\n', "\r\n")),
        ("GitHub", each(&|number| format!("2026-01-31T{}.1234567Z ", clock(number)))),
        (
            "gh run view",
            each(&|number| format!("build (linux)\tBuild\t2026-01-31T{}.1234567Z ", clock(number))),
        ),
        ("GitLab", each(&|number| format!("2026-01-31T{}.123456Z 01E ", clock(number)))),
        ("Jenkins", each(&|number| format!("[2026-01-31T{}.123Z] ", clock(number)))),
        ("docker build", each(&|number| format!("#12 {}.345 ", number + 1))),
        ("compose", each(&|_| "builder-1  | ".to_owned())),
        ("nix build -L", each(&|_| "app> ".to_owned())),
        ("Nix's last lines", each(&|_| "       > ".to_owned())),
    ]
}
