;;; Portolan in a real Emacs, without a screen  -*- lexical-binding: t; -*-
;;     PORTOLAN_SERVER=path/to/portolan emacs -Q --batch -l tests/emacs/run.el
;; `tests/run` does this with an Emacs that it installs.

(setq load-prefer-newer t
      make-backup-files nil
      create-lockfiles nil
      eglot-autoshutdown nil
      eglot-confirm-server-edits nil
      eglot-confirm-server-initiated-edits nil)

(defconst test-repository
  (expand-file-name "../.." (file-name-directory (or load-file-name buffer-file-name))))
(defconst test-server
  (or (getenv "PORTOLAN_SERVER") (error "PORTOLAN_SERVER has to name the program to test")))
(add-to-list 'exec-path (file-name-directory test-server))
(add-to-list 'load-path (expand-file-name "editors/emacs" test-repository))
(require 'portolan)
(require 'cl-lib)
(setq-default eglot-workspace-configuration '(:portolan (:host "x86_64-unknown-linux-gnu")))
(portolan-global-mode 1)

(defvar test-passed 0)
(defvar test-failed 0)
(defconst test-patience 20 "Seconds to wait for what should come.")

(defun test-say (&rest words) (princ (concat (apply #'format words) "\n")))

(defun test-check (name holds &optional why)
  "Count one assertion NAME that HOLDS or not; say WHY when it does not."
  (if holds (cl-incf test-passed) (cl-incf test-failed))
  (test-say "%s %d - %s" (if holds "ok" "not ok") (+ test-passed test-failed) name)
  (unless holds (test-say "    %s" (or why "it does not hold")))
  holds)

(defun test-becomes (name read wanted)
  "Assert that calling READ comes to WANTED; the scenario ends when it does not."
  (let ((end (+ (float-time) test-patience)) got)
    (while (and (not (equal (setq got (funcall read)) wanted)) (< (float-time) end))
      (accept-process-output nil 0.02))
    (unless (test-check name (equal got wanted) (format "wanted %S\n    got    %S" wanted got))
      (throw 'test-given-up nil))))

(defmacro test-scenario (name &rest body)
  "Run BODY; what is thrown in it is a failure of the scenario NAME."
  (declare (indent 1))
  `(progn
     (test-say "# %s" ,name)
     (catch 'test-given-up
       (condition-case problem (progn ,@body)
         (error (test-check ,name nil (format "%S" problem)))))))

(defun test-project (&rest files)
  "A throw-away folder with FILES: a path, its text, and so on."
  (let ((root (file-name-as-directory (file-truename (make-temp-file "portolan" t)))))
    (while files
      (let ((path (expand-file-name (pop files) root)))
        (make-directory (file-name-directory path) t)
        (write-region (pop files) nil path nil 'silent)))
    root))

(defun test-open (path)
  "Open PATH as a person does: with the hooks that wait for the end of a command."
  (let ((buffer (find-file-noselect path)))
    (set-buffer buffer)
    (run-hooks 'post-command-hook)
    (when (bound-and-true-p eglot--managed-mode) (flymake-start))
    buffer))

(defun test-found ()
  "Our findings in this buffer, as rule and line."
  (sort (delq nil (mapcar (lambda (one)
                            (let ((text (flymake-diagnostic-text one)))
                              (and (string-match "\\([a-z]+-[-a-z]+\\)\\]" text)
                                   (not (eq (flymake-diagnostic-type one) 'eglot-note))
                                   (format "%d %s" (line-number-at-pos (flymake-diagnostic-beg one))
                                           (match-string 1 text)))))
                          (flymake-diagnostics)))
        #'string<))

(defconst test-manifest "[package]\nname = \"sample\"\nversion = \"0.1.0\"\nedition = \"2024\"\n")
(defconst test-lock "version = 4\n\n[[package]]\nname = \"sample\"\nversion = \"0.1.0\"\n")
(defun test-sample (config &rest more)
  "A project with CONFIG as .cargo/config.toml, and MORE files."
  (apply #'test-project "Cargo.toml" test-manifest "Cargo.lock" test-lock "src/main.rs" "fn main() {}\n"
         ".cargo/config.toml" config more))

(defun test-disk (path)
  "The text of the file at PATH."
  (with-temp-buffer (insert-file-contents path) (buffer-string)))

(test-scenario "attaches to its files and to no others"
  (let* ((root (test-sample "[build]\ntarget = \"x86_64-unknown-linux-gnu\"\n"
                            "flake.nix" "{ outputs = _: { }; }\n" "rustfmt.toml" "max_width = 110\n"))
         (servers (mapcar (lambda (name)
                            (with-current-buffer (test-open (expand-file-name name root))
                              (test-check (concat "attaches to " name) (bound-and-true-p eglot--managed-mode))
                              (eglot-current-server)))
                          '(".cargo/config.toml" "Cargo.toml" "Cargo.lock" "flake.nix"))))
    (test-check "one server for the whole project" (= 1 (length (delete-dups servers))))
    (test-check "started at its root" (equal (project-root (eglot--project (car servers))) root)
                (format "%S" (project-root (eglot--project (car servers))))))
  (let ((alone (test-project "pyproject.toml" "[project]\nname = \"x\"\n" "home.nix" "{ }\n")))
    (dolist (name '("pyproject.toml" "home.nix"))
      (with-current-buffer (test-open (expand-file-name name alone))
        (test-check (concat "leaves " name " alone") (not (bound-and-true-p eglot--managed-mode)))))))

(test-scenario "a typo: seen, fixed by the quick fix, saved, gone"
  (let* ((before "# für 𝄞\nbuild = { target = [ \"x86_64-unknown-linux-musl\", # ключ 𝄞\n  \"x86_64-unknown-linux-gnuu\" ] }\n")
         (root (test-sample before))
         (config (expand-file-name ".cargo/config.toml" root)))
    (with-current-buffer (test-open config)
      (test-becomes "the diagnostic stands on line 3" #'test-found '("3 unknown-target"))
      (goto-char (point-min))
      (search-forward "gnuu")
      (backward-char 2)
      (let* ((actions (eglot-code-actions (point) (point) "quickfix" nil))
             (fix (cl-find-if (lambda (action) (string-search "x86_64-unknown-linux-gnu" (plist-get action :title)))
                              actions)))
        (test-check "the quick fix is offered" fix (format "%S" actions))
        (eglot-execute (eglot-current-server) fix))
      (test-becomes "the buffer differs in the triple only" #'buffer-string
                    (string-replace "gnuu" "gnu" before))
      (save-buffer)
      (test-becomes "nothing is wrong any more" #'test-found nil)
      (test-check "the file is as the buffer" (equal (test-disk config) (string-replace "gnuu" "gnu" before))))))

(test-scenario "commands, also without arguments"
  (let* ((before "[build]\ntarget = [\"x86_64-unknown-linux-gnuu\"]\n\n[target.aarch64-unknown-linux-muslx]\nrustflags = []\n")
         (root (test-sample before)))
    (with-current-buffer (test-open (expand-file-name ".cargo/config.toml" root))
      (test-becomes "two typos" (lambda () (length (test-found))) 2)
      (portolan--execute "portolan.fixAll")
      (test-becomes "portolan.fixAll mends both" #'buffer-string
                    (string-replace "muslx" "musl" (string-replace "gnuu" "gnu" before)))
      ;; A person's pause: in batch mode Emacs is never idle.
      (eglot--signal-textDocument/didChange)
      (test-becomes "and they are gone" #'test-found nil)
      (portolan-targets)
      (test-check "portolan-targets shows the target"
                  (string-search "x86_64-unknown-linux-gnu" (with-current-buffer "*Portolan*" (buffer-string))))
      (portolan-explain "unknown-target")
      (test-check "portolan-explain shows the rule's page"
                  (string-search "What it does" (with-current-buffer "*Portolan*" (buffer-string)))))))

(test-scenario "another file on the disk counts"
  (let* ((root (test-sample "[build]\ntarget = \"aarch64-unknown-linux-gnu\"\n"))
         (config (expand-file-name ".cargo/config.toml" root)))
    (with-current-buffer (test-open config)
      (test-becomes "no linker" #'test-found '("2 missing-linker"))
      (goto-char (point-max))
      (insert "\n[target.aarch64-unknown-linux-gnu]\nlinker = \"aarch64-linux-gnu-gcc\"\n")
      (eglot--signal-textDocument/didChange)
      (test-becomes "typed in, it is gone before any save" #'test-found nil))))

(test-scenario "a build: only with the user's trust, which a project cannot give itself"
  (let* ((host "x86_64-unknown-linux-gnu")
         (root (test-sample (format "[build]\ntarget = \"%s\"\n" host)
                            "build.rs" "fn main() { std::fs::write(\"ran\", \"\").unwrap(); }\n"
                            ".dir-locals.el" "((nil . ((eglot-workspace-configuration . (:portolan (:trusted t))))))\n"))
         (ran (expand-file-name "ran" root))
         (enable-local-variables :all))
    (with-current-buffer (test-open (expand-file-name ".cargo/config.toml" root))
      (accept-process-output nil 0.5)
      (test-check "the project's own word does not count"
                  (condition-case refused (progn (portolan--execute "portolan.build") nil)
                    (error (string-search "not trusted" (format "%S" refused)))))
      (cl-letf (((symbol-function 'y-or-n-p) #'ignore))
        (test-check "No means no" (condition-case nil (progn (portolan-build host) nil) (user-error t))))
      (test-check "and nothing ran" (not (file-exists-p ran)))
      (cl-letf (((symbol-function 'y-or-n-p) (lambda (&rest _) t)))
        (portolan-build host))
      (let ((test-patience 120))
        (test-becomes "with Yes it is built" (lambda () (file-exists-p ran)) t)
        (test-becomes "the targets say how the last build ended"
                      (lambda ()
                        (portolan-targets)
                        (with-current-buffer "*Portolan*"
                          (and (string-match-p "last build +built [0-9][0-9]:[0-9][0-9]" (buffer-string))
                               (string-match-p "last audit +[a-z]" (buffer-string))
                               t)))
                      t)))))

(test-scenario "Emacs shuts its servers down"
  (eglot-shutdown-all)
  (test-check "none is left" (not (cl-some (lambda (process) (member "server" (process-command process)))
                                           (process-list)))))

(test-say "emacs: %d ok, %d not ok" test-passed test-failed)
(kill-emacs (if (or (> test-failed 0) (= test-passed 0)) 1 0))
