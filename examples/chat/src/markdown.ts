import MarkdownIt, { type MarkdownIt as Markdown, type Token } from 'markdown-it';
import { element } from './dom';

/**
 * Text of an agent is untrusted: HTML in it stays text, links keep to safe schemes, and images are not fetched because
 * their addresses could carry the conversation away.
 */
const markdown = createMarkdown();

/** Shows a growing markdown text; only the top-level blocks that changed touch the DOM, so a selection survives. */
export class MarkdownView {
  readonly root = element('div', { class: 'markdown' });
  private shown: string[] = [];
  private source = '';

  update(source: string): void {
    if (source === this.source) return;
    this.source = source;
    const next = renderBlocks(source);
    next.forEach((html, index) => {
      if (html === this.shown[index]) return;
      const block = element('div', { class: 'markdown-block' });
      block.innerHTML = html;
      const previous = this.root.children[index];
      if (previous) previous.replaceWith(block);
      else this.root.append(block);
    });
    while (this.root.children.length > next.length) this.root.lastElementChild?.remove();
    this.shown = next;
  }
}

function renderBlocks(source: string): string[] {
  const env = {};
  return topLevel(markdown.parse(source, env)).map((tokens) =>
    markdown.renderer.render(tokens, markdown.options, env),
  );
}

function topLevel(tokens: Token[]): Token[][] {
  const blocks: Token[][] = [];
  let depth = 0;
  for (const token of tokens) {
    if (depth === 0) blocks.push([]);
    blocks.at(-1)?.push(token);
    depth += token.nesting;
  }
  return blocks;
}

function createMarkdown(): Markdown {
  const created = new MarkdownIt({ html: false, linkify: true }).disable('image');
  created.renderer.rules.link_open = (tokens, index, options, _env, renderer) => {
    tokens[index]?.attrSet('target', '_blank');
    tokens[index]?.attrSet('rel', 'noopener noreferrer');
    return renderer.renderToken(tokens, index, options);
  };
  // The alignment of a column comes as a style attribute, which the page's policy forbids.
  for (const rule of ['th_open', 'td_open']) {
    created.renderer.rules[rule] = (tokens, index, options, _env, renderer) => {
      const token = tokens[index];
      const align = /^text-align:(\w+)$/.exec(String(token?.attrGet('style') ?? ''))?.[1];
      if (token) token.attrs = align ? [['data-align', align]] : null;
      return renderer.renderToken(tokens, index, options);
    };
  }
  return created;
}
