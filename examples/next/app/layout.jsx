export const metadata = { title: 'Renders' };

// biome-ignore lint/style/noDefaultExport: what a layout of Next is
export default function Layout({ children }) {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  );
}
