//! Small parts of the HTTP surface that no module owns.

use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

/// The answer to any path or method nobody serves; doubled slashes are first sent where they belong.
pub(crate) async fn not_found(request: Request) -> Response {
    let uri = request.uri();
    if !uri.path().contains("//") {
        return (StatusCode::NOT_FOUND, "404 page not found").into_response();
    }
    let mut location =
        uri.path().split('/').filter(|part| !part.is_empty()).fold(String::new(), |path, part| path + "/" + part);
    if let Some(query) = uri.query() {
        location = format!("{location}?{query}");
    }
    let escaped = location.replace('&', "&amp;").replace('"', "&#34;").replace('<', "&lt;").replace('>', "&gt;");
    let body = Html(format!("<a href=\"{escaped}\">Temporary Redirect</a>.\n\n"));
    (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, location)], body).into_response()
}

/// The bearer token of a request.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}
