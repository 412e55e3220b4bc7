/**
 * An expression that finds texts on the page whose contrast with what is behind them is below WCAG AA (4.5, or 3 for
 * large text), as `ratio tag.class "text"`. https://www.w3.org/TR/WCAG22/#contrast-minimum
 */
export const LOW_CONTRAST = `(() => {
  const parse = (text) => {
    const parts = (text.match(/[\\d.]+/g) ?? []).map(Number);
    return { rgb: parts.slice(0, 3), alpha: parts[3] ?? 1 };
  };
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const { rgb, alpha } = parse(getComputedStyle(at).backgroundColor);
      if (alpha === 1) return rgb;
    }
    return [255, 255, 255];
  };
  const found = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.data.trim();
    const element = walker.currentNode.parentElement;
    if (text === '' || element.closest('.hidden, .skip, .cell.future, details:not([open]) > :not(summary)')) continue;
    const style = getComputedStyle(element);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const ink = element instanceof SVGElement ? style.fill : style.color;
    const [light, dark] = [luminance(parse(ink).rgb), luminance(behind(element))].sort((a, b) => b - a);
    const ratio = (light + 0.05) / (dark + 0.05);
    if (ratio < (large ? 3 : 4.5)) found.add(ratio.toFixed(2) + ' ' + element.tagName + '.' + element.getAttribute('class') + ' "' + text.slice(0, 30) + '"');
  }
  return [...found];
})()`;
