// Writes down when something is first to be seen on the page: who has which state, who leads what, which event.
'use strict';
(() => {
  const present = new Set();
  window.seen = [];
  const look = () => {
    const now = new Set();
    for (const { dataset } of document.querySelectorAll('#member-list > [data-id]')) {
      now.add(`member ${dataset.id} ${dataset.state}`);
    }
    for (const role of document.querySelectorAll('[data-role].role')) {
      for (const { dataset } of role.querySelectorAll('.first[data-id]')) {
        now.add(`primary ${role.dataset.role} ${dataset.id}`);
      }
    }
    for (const event of document.querySelectorAll('#event-list > [data-kind]')) {
      const { kind, member, role, time } = event.dataset;
      now.add(`event ${kind} ${kind.startsWith('member-') ? member : `${role} ${member}`} ${time}`);
    }
    const at = performance.timeOrigin + performance.now();
    for (const what of now) if (!present.has(what)) window.seen.push({ what, at });
    present.clear();
    for (const what of now) present.add(what);
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true });
})();
