import type { BenchEntry, BenchRecord } from '@snowglobe/bench/browser';
import { runBrowserBench } from '@snowglobe/bench/browser';
import { LitElement, html, nothing } from 'lit';

const digits = (value: number): string => Number(value.toPrecision(3)).toString();

/** The page: starts a run, shows how far it is, and gives the record as a file. `?filter=PATTERN` times some kernels only. */
class BenchPage extends LitElement {
  static override readonly properties = {
    entries: { state: true },
    status: { state: true },
    share: { state: true },
    record: { state: true },
    error: { state: true },
  };

  declare entries: readonly BenchEntry[];
  declare status: string;
  /** How much is done, 0 … 1; undefined while nothing runs. */
  declare share: number | undefined;
  declare record: BenchRecord | undefined;
  declare error: string;
  #stop: AbortController | undefined;
  #download = '';

  constructor() {
    super();
    this.entries = [];
    this.status = '';
    this.error = '';
  }

  /** Styles of the page reach into it. */
  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  async #run(tune: boolean): Promise<void> {
    this.entries = [];
    this.record = undefined;
    this.error = '';
    this.share = 0;
    this.status = 'Measuring what the adapter can do';
    this.#stop = new AbortController();
    const pattern = new URLSearchParams(location.search).get('filter');
    try {
      const record = await runBrowserBench({
        tune,
        signal: this.#stop.signal,
        ...(pattern && { filter: new RegExp(pattern) }),
        onStart: (name, done, total) => {
          this.status = `${done + 1} of ${total}: ${name}`;
          this.share = done / total;
        },
        onEntry: (entry) => (this.entries = [...this.entries, entry]),
      });
      // A run that was stopped has a record of what was measured until then.
      this.status = this.#stop.signal.aborted ? 'Stopped.' : 'Done.';
      if (record.entries.length === 0) return;
      URL.revokeObjectURL(this.#download);
      const json = new Blob([JSON.stringify(record, undefined, 1)], { type: 'application/json' });
      this.#download = URL.createObjectURL(json);
      this.record = record;
    } catch (error) {
      const stopped = this.#stop.signal.aborted;
      this.status = stopped ? 'Stopped.' : '';
      this.error = stopped ? '' : (error as Error).message;
    } finally {
      this.share = undefined;
    }
  }

  protected override render() {
    const running = this.share !== undefined;
    return html`
      <main>
        <h1>How fast is this GPU?</h1>
        <p>
          Times the kernels of a playable world model in this browser: matmuls in full precision and with
          weights of 4 and 8 bits, dense and block-sparse attention. Each is checked against a
          double-precision reference first. Nothing leaves this page; the record is a file that you can keep
          or share.
        </p>
        <div class="controls">
          ${
            running
              ? html`<button @click=${() => this.#stop?.abort()}>Stop</button>`
              : html`
                  <button class="main" @click=${() => this.#run(false)}>Run</button>
                  <button @click=${() => this.#run(true)}>Tune, then run</button>
                `
          }
          ${
            this.record
              ? html`<a class="button" href=${this.#download} download=${fileName(this.record)}
                  >Save the record</a
                >`
              : nothing
          }
        </div>
        <p role="status">${this.status}</p>
        ${running ? html`<progress aria-label="Kernels timed" max="1" .value=${this.share ?? 0}></progress>` : nothing}
        ${this.error ? html`<p class="error" role="alert">${this.error}</p>` : nothing}
        ${this.record ? this.#about(this.record) : nothing}
        ${this.entries.length > 0 ? this.#table() : nothing}
      </main>
    `;
  }

  #about({ adapter, roofline, method, refused, notes }: BenchRecord) {
    return html`
      <p>
        ${adapter.name}:
        ${
          roofline
            ? html`copies ${digits(roofline.copyGBs)} GB/s, multiplies and adds ${digits(roofline.fmaGflops)}
              GFLOP/s;`
            : nothing
        }
        timed by ${method === 'timestamps' ? 'the device’s timestamps' : 'batches'}.
      </p>
      ${[
        ...refused.map(({ family, shape, reason }) => `${family} ${shape} was not timed: ${reason}`),
        ...notes,
      ].map((note) => html`<p>${note}</p>`)}
    `;
  }

  #table() {
    const columns = ['Kernel', 'Shape', 'Variant', 'ms', 'GFLOP/s', 'Of the roofline'];
    return html`
      <div class="table" tabindex="0" role="region" aria-label="Results">
        <table>
          <thead>
            <tr>
              ${columns.map((name) => html`<th scope="col">${name}</th>`)}
            </tr>
          </thead>
          <tbody>
            ${this.entries.map(
              ({ family, shape, variant, ms, gflops, share }) => html`
                <tr>
                  <td>${family}</td>
                  <td>${shape}</td>
                  <td>${variant}</td>
                  <td class="number">${digits(ms)}</td>
                  <td class="number">${gflops === undefined ? '' : digits(gflops)}</td>
                  <td class="number">${share === undefined ? '' : `${(100 * share).toFixed(0)} %`}</td>
                </tr>
              `,
            )}
          </tbody>
        </table>
      </div>
    `;
  }
}

/** `nvidia-ampere-chrome-147.json`, from what the record says of itself. */
function fileName({ adapter, environment }: BenchRecord): string {
  const words = `${adapter.name} ${environment.runtime}`.toLowerCase();
  return `${words.replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '')}.json`;
}

customElements.define('bench-page', BenchPage);
