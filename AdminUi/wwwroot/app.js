(() => {
  "use strict";

  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone) {
    document.cookie = `gb.zone=${encodeURIComponent(zone)}; path=/; max-age=31536000; samesite=strict${location.protocol === "https:" ? "; secure" : ""}`;
  }

  const fallBackToSelection = (field) => {
    field.focus();
    field.select();
  };

  window.geminiBalance = {
    zone: () => zone || "UTC",

    // navigator.clipboard is absent on plain HTTP outside loopback.
    copy: async (id) => {
      const field = document.getElementById(id);
      if (!field) {
        return false;
      }
      if (navigator.clipboard) {
        try {
          await navigator.clipboard.writeText(field.value);
          return true;
        } catch {
          // Refused by the browser: the selection is left to the reader.
        }
      }
      fallBackToSelection(field);
      try {
        return document.execCommand("copy");
      } catch {
        return false;
      }
    },

    focus: (selector) => document.querySelector(selector)?.focus(),

    // Read in pieces by the server: a long text does not fit into one message.
    text: (id) => new Blob([document.getElementById(id)?.value ?? ""]),
  };

  document.addEventListener("change", (event) => {
    if (event.target.matches("select[data-submit]")) {
      event.target.form.requestSubmit();
    }
  });

  // The framework says how the connection to the server is; showing it is ours.
  document.addEventListener("components-reconnect-state-changed", ({ target, detail }) => {
    if (!(target instanceof HTMLDialogElement)) {
      return;
    }
    switch (detail?.state) {
      case "show":
      case "failed":
        if (!target.open) {
          target.showModal();
        }
        break;
      case "hide":
        target.close();
        break;
      case "rejected":
      case "resume-failed":
        // The server is there again, but knows nothing of this page.
        location.reload();
        break;
    }
  }, true);

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-reload]")) {
      location.reload();
    }
  });

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelector("form[data-auto-submit]")?.requestSubmit();

    // A dialog's first field is given the focus half a second after it has opened: not if somebody writes in another one by then.
    const focusFirst = window.Radzen?.focusFirstFocusableElement;
    if (focusFirst) {
      window.Radzen.focusFirstFocusableElement = (dialog) => dialog.contains(document.activeElement) || focusFirst(dialog);
    }
  });
})();
