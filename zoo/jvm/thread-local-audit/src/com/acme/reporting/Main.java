package com.acme.reporting;

import com.acme.platform.Lifetime;
import com.acme.platform.catalog.Catalog;
import com.acme.platform.http.HttpService;
import com.acme.platform.load.LoadGenerator;
import com.acme.reporting.report.ReportService;

/** Writes sales reports on demand, and keeps an audit trail of who has seen what. */
public final class Main {
    public static void main(String[] arguments) throws Exception {
        ReportService reports = new ReportService(Catalog.load(200_000));
        HttpService service = new HttpService(0, 12).route("/report", reports::create);
        service.start();
        new LoadGenerator(
                        service.port(),
                        random -> "/report?user=u" + random.nextInt(500) + "&tag=tag-" + random.nextInt(400))
                .start(6, 150);
        Lifetime.serve();
    }
}
