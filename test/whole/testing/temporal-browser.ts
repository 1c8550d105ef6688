import { access, constants } from 'node:fs/promises';
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';

const chromiumPath = '/usr/bin/chromium';
const flags = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];
/** Pages are loaded on a machine that is busy with a cluster. */
const patienceMs = 60_000;
/** The dialog is closed by then where a click was taken; the first one after typing may not be. */
const clickTakenMs = 3_000;

/** A person with a browser in front of Temporal's own UI. */
export type TemporalBrowser = {
  readonly page: Page;
  /** The list of workflows that a query finds. */
  listWorkflows(query: string): Promise<void>;
  /** A workflow's own page, with its history. */
  openWorkflow(workflowId: string): Promise<void>;
  /** What the workflow tells of itself (User Metadata), and the JSON to paste that it begins with. */
  readDetails(): Promise<{ readonly text: string; readonly json: string }>;
  /** Opens a tab of the workflow by its whole name. */
  openTab(name: string): Promise<void>;
  /** Fills the Send-Signal dialog in; `submit` sends it. */
  fillSignal(name: string, json: string): Promise<void>;
  submit(): Promise<void>;
  close(): Promise<void>;
};

/** Throws, with what to install, where there is no browser: a test that looks at nothing proves nothing. */
async function launchChromium(): Promise<Browser> {
  await access(chromiumPath, constants.X_OK).catch((cause: unknown) => {
    throw new Error(`there is no ${chromiumPath}: apt-get install chromium`, { cause });
  });
  return chromium.launch({ executablePath: chromiumPath, args: flags });
}

/** Opens a browser for the Temporal UI at this address. */
export async function openTemporalUi(uiUrl: string): Promise<TemporalBrowser> {
  const browser = await launchChromium();
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  page.setDefaultTimeout(patienceMs);
  const at = (path: string): string => new URL(`/namespaces/default/${path}`, uiUrl).href;
  // The page is laid out for narrow screens too: what is not for this one is there and hidden.
  const visible = (locator: Locator): Locator => locator.filter({ visible: true }).first();
  const dialog = visible(page.getByTestId('signal-confirmation-modal'));

  async function openTab(name: string): Promise<void> {
    await visible(page.getByText(name, { exact: true })).click();
  }

  return {
    page,
    openTab,
    listWorkflows: async (query) => {
      await page.goto(at(`workflows?query=${encodeURIComponent(query)}`));
      await visible(page.locator('a[href*="/workflows/"]').filter({ hasText: '/' })).waitFor();
    },
    openWorkflow: async (workflowId) => {
      await page.goto(at(`workflows/${encodeURIComponent(workflowId)}`));
      await visible(page.getByText('Event History')).waitFor();
    },
    readDetails: async () => {
      await openTab('User Metadata');
      const details = page.frameLocator('iframe[src*="argsHash"]').locator('body');
      const json = await details.locator('pre').first().innerText();
      return { text: await details.innerText(), json };
    },
    fillSignal: async (name, json) => {
      await visible(page.getByRole('button', { name: 'More Actions' })).click();
      await visible(page.getByText('Send a Signal', { exact: true })).click();
      await dialog.getByTestId('signal-select-button').click();
      await visible(dialog.getByRole('option').filter({ hasText: name })).click();
      await dialog.getByRole('textbox').last().click();
      await page.keyboard.insertText(json);
    },
    submit: async () => {
      const deadline = Date.now() + patienceMs;
      while (Date.now() < deadline) {
        await dialog.getByTestId('confirm-modal-button').click();
        const isTaken = await dialog.waitFor({ state: 'hidden', timeout: clickTakenMs }).then(
          () => true,
          () => false,
        );
        if (isTaken) return;
      }
      throw new Error('the dialog does not send the signal');
    },
    close: () => browser.close(),
  };
}
