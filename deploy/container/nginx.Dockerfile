# syntax=docker/dockerfile:1
# Debian's nginx with the files of deploy/nginx, in front of the service `databroker` of compose.full.yaml. Its certificate is
# made at the first start; mount your own at /srv/nginx/tls.
FROM debian:bookworm-slim
RUN apt-get update \
  && apt-get install -y --no-install-recommends nginx-light libnginx-mod-stream openssl \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /srv/nginx
COPY nginx.conf http.conf proxy.conf stream.conf ./
# Files are sent by the broker, whose folder is not here; ZeroMQ and SSH come without the address of the client.
RUN sed -i 's/server 127.0.0.1:8080/server databroker:8080/' http.conf \
  && sed -i '/proxy_set_header.*Accel/d' http.conf proxy.conf \
  && sed -i -e 's/127.0.0.1:5555/databroker:5555/' -e 's/127.0.0.1:2222/databroker:2222/' -e 's/proxy_protocol on;/proxy_protocol off;/' stream.conf \
  && sed -i 's/#user databroker;/user www-data;/' nginx.conf \
  && mkdir -p run logs tmp tls
EXPOSE 8443 8880 5556 2223
CMD ["/bin/sh", "-c", "[ -s tls/key.pem ] || openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 365 -subj /CN=localhost -keyout tls/key.pem -out tls/certificate.pem; exec nginx -p /srv/nginx -c /srv/nginx/nginx.conf -g 'daemon off;'"]
