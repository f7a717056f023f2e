-- For wrk: the same small body each time.
wrk.method = "POST"
wrk.body = "quantity=7"
wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
