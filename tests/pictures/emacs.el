;;; What Emacs's picture shows: the demonstration project with its diagnostics  -*- lexical-binding: t; -*-
;;     emacs -nw -Q -l tests/pictures/emacs.el .cargo/config.toml
(setq native-comp-jit-compilation nil
      inhibit-startup-screen t
      make-backup-files nil
      create-lockfiles nil)
(menu-bar-mode -1)
(load-theme 'modus-vivendi t)
(add-to-list 'load-path (expand-file-name "editors/emacs" (getenv "PORTOLAN_REPOSITORY")))
(require 'portolan)
(portolan-global-mode 1)
(add-hook 'emacs-startup-hook
          (lambda ()
            (display-line-numbers-mode 1)
            (goto-char (point-min))
            (search-forward "linux-gnuu")
            (backward-char 2)
            (run-with-timer 3 nil (lambda ()
                                    (flymake-show-buffer-diagnostics)
                                    ;; In place of eglot's greeting: what the editor says at this place.
                                    (message nil)
                                    (eldoc-print-current-symbol-info)
                                    (redisplay)))))
