/** GraphiQL's storage, which can be made read-only for good. */
export interface PageStorage
  extends Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'clear' | 'length'> {
  /** Ignores all later writes. */
  close(): void;
}

/** Not GraphiQL's own names: an earlier page here may have kept headers with tokens under those. */
const prefix = 'cxg-';

/**
 * Creates a storage that keeps a copy for each browser tab, so that tabs don't overwrite each other. A new tab starts
 * with what was written last.
 */
export function createPageStorage(ofTab: Storage, ofBrowser: Storage): PageStorage {
  let open = true;
  const storages = [ofTab, ofBrowser];

  function write(change: (storage: Storage) => void): void {
    if (open) storages.forEach(change);
  }

  return {
    getItem: (name) => ofTab.getItem(prefix + name) ?? ofBrowser.getItem(prefix + name),
    setItem: (name, value) => write((storage) => storage.setItem(prefix + name, value)),
    removeItem: (name) => write((storage) => storage.removeItem(prefix + name)),
    clear: () =>
      write((storage) => {
        for (const name of namesIn(storage)) storage.removeItem(name);
      }),
    get length() {
      return namesIn(ofTab).length;
    },
    close() {
      open = false;
    },
  };
}

function namesIn(storage: Storage): string[] {
  return Object.keys(storage).filter((name) => name.startsWith(prefix));
}
