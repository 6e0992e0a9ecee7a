"""Pretrained parts: weights and data of others, named in one catalogue, fetched safely, opened through one shape.

    catalogue.toml   every part: purpose, licence, whose it is, files with SHA-256, where they can be had
    catalogue.py     reads and checks it
    store.py         the folder in which parts lie; whole or absent
    sources.py       where files come from: a folder, a hub, the registries of packages
    download.py      bytes over HTTP: resumed, limited, hashed
    unpacking.py     single files out of wheels and npm tarballs, in a limited child; a package is never installed
    fetching.py      a part from its sources into the store
    component.py     the shape of everything that computes with a part

Nothing is fetched when a module is imported or a component is loaded: that takes `manage.py fetch_parts`, the page or
the job that `make up` queues.
"""
