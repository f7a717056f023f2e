import { buttonClass, Page } from "@stackyard/web-kit/ui";
import { Link } from "react-router-dom";

export default function NotFound() {
  return (
    <Page title="There is nothing here">
      <p className="mb-5 text-muted">The address may be mistyped, or the page has moved.</p>
      <Link to="/items" className={buttonClass()}>
        To the items
      </Link>
    </Page>
  );
}
