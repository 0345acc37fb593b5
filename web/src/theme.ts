import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core';

/** The one accent. State colours live in tokens.css and are never used for decoration. */
const iris: MantineColorsTuple = [
  '#f1f1fe', '#e2e2fb', '#c6c5f6', '#a7a5f0', '#8886ea', '#6f6ce3', '#5551d8', '#4844c2', '#3d3aa6', '#312f86',
];

const ink: MantineColorsTuple = [
  '#ececf1', '#c9cad3', '#a3a5b0', '#7d7f8b', '#3d404b', '#2a2c34', '#1d1f26', '#1b1d23', '#15161b', '#0d0e12',
];

/** Alerts speak the state colours of tokens.css; Mantine's own are loud in the dark. */
const alertColours = (state: 'down' | 'probing') => ({ '--alert-bg': `var(--sb-${state}-soft)`, '--alert-color': `var(--sb-${state})` });

/** Mantine's look, reduced: 13 px text, small radii, one accent, quiet shadows. */
export const theme = createTheme({
  primaryColor: 'iris',
  primaryShade: { light: 6, dark: 6 },
  colors: { iris, dark: ink },
  fontFamily: "'Inter Variable', system-ui, -apple-system, 'Segoe UI', sans-serif",
  fontFamilyMonospace: "'JetBrains Mono Variable', ui-monospace, 'SF Mono', Menlo, monospace",
  fontSizes: { xs: '11.5px', sm: '13px', md: '14px', lg: '16px', xl: '20px' },
  headings: {
    fontWeight: '620',
    sizes: {
      h1: { fontSize: '22px', lineHeight: '1.25' },
      h2: { fontSize: '15px', lineHeight: '1.35' },
      h3: { fontSize: '13px', lineHeight: '1.4' },
    },
  },
  defaultRadius: 'sm',
  radius: { xs: '3px', sm: '6px', md: '8px', lg: '12px', xl: '16px' },
  cursorType: 'pointer',
  focusRing: 'auto',
  components: {
    Button: { defaultProps: { size: 'xs', fz: 13 } },
    // Mantine's own dark surfaces are as dark as the panels and fields that these stand in.
    SegmentedControl: { defaultProps: { radius: 6, withItemsBorders: false }, styles: { root: { backgroundColor: 'light-dark(var(--mantine-color-gray-1), var(--mantine-color-dark-6))' } } },
    Alert: { defaultProps: { variant: 'light' }, vars: (_theme: unknown, { color }: { readonly color?: string }) => ({ root: alertColours(color === 'red' ? 'down' : 'probing') }) },
    Pill: { styles: { root: { backgroundColor: 'light-dark(var(--mantine-color-gray-1), var(--mantine-color-dark-4))' } } },
    TextInput: { defaultProps: { size: 'sm' } },
    Tooltip: { defaultProps: { openDelay: 250, withArrow: false, fz: 12, color: 'dark.6' } },
    Menu: { defaultProps: { shadow: 'md', position: 'bottom-end', withinPortal: true } },
    Drawer: { defaultProps: { position: 'right', overlayProps: { backgroundOpacity: 0.28 } } },
  },
});

/** Mantine's own variables, set to the values of tokens.css so that both speak the same colours. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-body': '#ffffff',
    '--mantine-color-text': '#17171f',
    '--mantine-color-dimmed': '#5c5c68',
    '--mantine-color-default-border': '#d5d5dd',
    '--mantine-color-placeholder': '#6f6f7a',
    '--mantine-color-error': '#c22727',
    '--mantine-color-anchor': '#4540bd',
  },
  dark: {
    '--mantine-color-body': '#15161b',
    '--mantine-color-text': '#ededf2',
    '--mantine-color-dimmed': '#a0a2ad',
    '--mantine-color-default': '#1b1d23',
    '--mantine-color-default-hover': '#23252c',
    '--mantine-color-default-border': '#363944',
    '--mantine-color-placeholder': '#8c8e9a',
    '--mantine-color-error': '#ff8078',
    '--mantine-color-anchor': '#b3b1f5',
  },
});
