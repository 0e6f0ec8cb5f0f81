;;; portolan.el --- Will this Rust program run elsewhere?  -*- lexical-binding: t; -*-

;; Package-Requires: ((emacs "29.1"))
;; Keywords: tools, languages
;; URL: https://github.com/portolan-lsp/portolan

;;; Commentary:

;; Starts the language server `portolan' with eglot in the files that decide where a Rust program will run, and in
;; no others:
;;
;;     (add-to-list 'load-path "/path/to/portolan/editors/emacs")
;;     (require 'portolan)
;;     (portolan-global-mode 1)
;;
;; eglot lets one server manage a buffer.  Where another one already does, Portolan stays away.

;;; Code:

(require 'cl-lib)
(require 'eglot)
(require 'project)
(require 'seq)

(defgroup portolan nil
  "Finds and fixes what keeps a Rust program from running elsewhere."
  :group 'tools)

(defcustom portolan-command '("portolan" "server")
  "The program and its arguments."
  :type '(repeat string))

(defcustom portolan-trusted-projects nil
  "Folders whose projects may be built: a build runs what the project says.
Only this variable says so.  `eglot-workspace-configuration' may come from the
project itself, and a project cannot trust itself."
  :type '(repeat directory)
  :risky t)

(defclass portolan--server (eglot-lsp-server) ()
  "The server, as eglot knows it.")

(cl-defmethod eglot-handle-request ((server portolan--server) (_method (eql workspace/configuration)) &rest _)
  "Answer with the settings, and with the user's word about trust."
  (let ((trusted (portolan--trusted-p (project-root (eglot--project server)))))
    (cl-map 'vector
            (lambda (section)
              (if (listp section)
                  (plist-put (copy-sequence section) :trusted (if trusted t :json-false))
                section))
            (cl-call-next-method))))

(defun portolan--trusted-p (folder)
  "Whether the user trusts the project in FOLDER."
  (seq-some (lambda (one) (file-in-directory-p folder one)) portolan-trusted-projects))

(defconst portolan--names
  '("flake.nix" "Cargo.toml" "Cargo.lock" "rust-toolchain" "rust-toolchain.toml" "Cross.toml" "portolan.toml")
  "Files that are ours wherever they stand.")

(defconst portolan--modes '(conf-toml-mode toml-ts-mode toml-mode nix-mode nix-ts-mode portolan-nix-mode)
  "The modes of our buffers: one list, so that one server serves them all.")

;;;###autoload
(define-derived-mode portolan-nix-mode prog-mode "Nix"
  "For Nix files when no other mode is installed for them: comments, and nothing else."
  (setq-local comment-start "# " comment-start-skip "#+ *"))

(defun portolan--root (file)
  "The folder of the project that FILE belongs to, or nil."
  (let* ((folder (file-name-directory file))
         (flake (locate-dominating-file folder "flake.nix"))
         (cargo (locate-dominating-file folder "Cargo.toml"))
         (workspace (locate-dominating-file folder #'portolan--workspace-p))
         (roots (delq nil (list flake (or workspace cargo)))))
    ;; All of them are at or above the file: the shortest is the outermost.
    (car (seq-sort-by #'length #'< (mapcar #'expand-file-name roots)))))

(defun portolan--workspace-p (folder)
  "Whether the manifest in FOLDER is the root of a Cargo workspace."
  (let ((manifest (expand-file-name "Cargo.toml" folder)))
    (and (file-readable-p manifest)
         (with-temp-buffer
           (insert-file-contents manifest)
           (re-search-forward "^[ \t]*\\[[ \t]*workspace[] \t.]" nil t)))))

(defun portolan--ours-p (file)
  "Whether FILE is one of those that Portolan looks at."
  (let ((name (file-name-nondirectory file))
        (folder (file-name-nondirectory (directory-file-name (file-name-directory file)))))
    (cond
     ((equal folder ".cargo") (member name '("config" "config.toml")))
     ((member name portolan--names) t)
     ((string-suffix-p ".nix" name) (portolan--root file)))))

(defun portolan--project (_folder)
  "The project of this buffer, where version control knows of none."
  (when-let* ((file buffer-file-name)
              (root (portolan--root file)))
    (cons 'transient root)))

;;;###autoload
(defun portolan-ensure ()
  "Start Portolan in this buffer when its file is one of ours."
  (when (and buffer-file-name
             (not (file-remote-p buffer-file-name))
             (portolan--ours-p buffer-file-name))
    ;; Only in our buffers: every other TOML and Nix buffer keeps the server that eglot knows for it.
    (setq-local eglot-server-programs (list (cons portolan--modes (cons 'portolan--server portolan-command))))
    ;; At the end, so that a repository's root comes first.
    (add-hook 'project-find-functions #'portolan--project t t)
    (eglot-ensure)))

;;;###autoload
(define-minor-mode portolan-global-mode
  "Start Portolan in each of its files."
  :global t
  (if portolan-global-mode
      (progn
        (add-hook 'find-file-hook #'portolan-ensure)
        (unless (assoc-default "a.nix" auto-mode-alist #'string-match)
          (add-to-list 'auto-mode-alist '("\\.nix\\'" . portolan-nix-mode)))
        ;; The legacy names; neither says what it holds.
        (add-to-list 'auto-mode-alist '("/\\.cargo/config\\'" . conf-toml-mode))
        (add-to-list 'auto-mode-alist '("/rust-toolchain\\'" . conf-toml-mode))
        (add-to-list 'auto-mode-alist '("/Cargo\\.lock\\'" . conf-toml-mode)))
    (remove-hook 'find-file-hook #'portolan-ensure)))

(defun portolan--execute (command &rest arguments)
  "What the server answers to COMMAND with ARGUMENTS."
  (jsonrpc-request (eglot--current-server-or-lose) :workspace/executeCommand
                   (list :command command :arguments (vconcat arguments))))

;;;###autoload
(defun portolan-fix-all ()
  "Apply every safe fix in this file's project."
  (interactive)
  (portolan--execute "portolan.fixAll" (list :uri (eglot-path-to-uri buffer-file-name))))

;;;###autoload
(defun portolan-explain (rule)
  "Show the page of RULE."
  (interactive
   (list (completing-read "Rule: " (mapcar (lambda (rule) (plist-get rule :rule))
                                           (portolan--execute "portolan.explain"))
                          nil t)))
  (let ((page (portolan--execute "portolan.explain" (list :rule rule))))
    (with-help-window "*Portolan*"
      (princ (plist-get page :page)))))

;;;###autoload
(defun portolan-build (target)
  "Build for TARGET, and audit what comes out; with an empty one what a plain build makes."
  (interactive
   (list (completing-read "Target: "
                          (seq-mapcat (lambda (project)
                                        (mapcar (lambda (one) (plist-get one :triple)) (plist-get project :targets)))
                                      (portolan--execute "portolan.targets")))))
  (let* ((server (eglot--current-server-or-lose))
         (root (project-root (eglot--project server))))
    (unless (portolan--trusted-p root)
      (unless (y-or-n-p (format "A build runs what the project in %s says.  Trust it until Emacs ends? " root))
        (user-error "Not trusted, so nothing is built"))
      (push root portolan-trusted-projects)
      (eglot-signal-didChangeConfiguration server)
      ;; The server asks for the settings; it has to have them before it hears of the build.
      (accept-process-output nil 0.3))
    (seq-doseq (build (portolan--execute "portolan.build"
                                         (append (list :uri (eglot-path-to-uri root))
                                                 (unless (string-empty-p target) (list :target target)))))
      (message "Building %s with %s" (plist-get build :target) (plist-get build :builder)))))

(defun portolan--fact (fact)
  "One phrase for FACT, as for the linker of a target."
  (let ((state (plist-get fact :state))
        (value (plist-get fact :value)))
    (if value (format "%s (%s)" state value) state)))

;;;###autoload
(defun portolan-targets ()
  "Show every target that the project ships, and what it still lacks."
  (interactive)
  (let ((projects (portolan--execute "portolan.targets" (list :uri (eglot-path-to-uri buffer-file-name)))))
    (with-help-window "*Portolan*"
      (seq-doseq (project projects)
        (princ (format "%s\n\n" (plist-get project :root)))
        (seq-doseq (target (plist-get project :targets))
          (princ (format "%s%s\n" (plist-get target :triple)
                         (if (eq t (plist-get target :ready)) "" "   not ready")))
          (dolist (fact '(:std :linker :c_compiler))
            (princ (format "    %-12s %s\n" (substring (symbol-name fact) 1)
                           (portolan--fact (plist-get target fact)))))
          (princ (format "    %-12s %s\n" "linkage" (plist-get target :linkage)))
          (dolist (last '(("last build" . :last_build) ("last audit" . :last_audit)))
            (when-let* ((said (plist-get target (cdr last))))
              (princ (format "    %-12s %s\n" (car last) (plist-get said :words)))))
          (princ "\n"))))))

(provide 'portolan)

;;; portolan.el ends here
